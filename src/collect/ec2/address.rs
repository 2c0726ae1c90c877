//! Elastic IP addresses.

use aws_sdk_ec2::types as sdk;

use super::convert::{Converted, Item, gather, one_page, tags, text, word};
use crate::collect::calls::DESCRIBE_ADDRESSES;
use crate::collect::session::RegionSession;
use crate::model::Listing;
use crate::model::ec2::Address;

/// Every Elastic IP address of the region. The call has no pages.
pub(super) async fn addresses(session: &RegionSession) -> Listing<Address> {
    let answer = session.call(&DESCRIBE_ADDRESSES, None, || session.ec2().describe_addresses().send()).await;
    gather(session, &DESCRIBE_ADDRESSES, one_page(answer), |page| page.addresses.unwrap_or_default(), from_sdk)
}

fn from_sdk(x: sdk::Address) -> Converted<Address> {
    // In a Wavelength Zone the address is told as carrier address, on an Outpost as customer-owned address.
    let public_ip = text(x.public_ip).or(text(x.carrier_ip)).or(text(x.customer_owned_ip));
    let item = Item::new(text(x.allocation_id).or_else(|| public_ip.clone()), "AllocationId")?;
    let public_ip = item.text(public_ip, "PublicIp")?;
    let address = Address {
        public_ip: item.parse(&public_ip, "PublicIp")?,
        association_id: text(x.association_id),
        network_interface_id: text(x.network_interface_id),
        instance_id: text(x.instance_id),
        service_managed: text(word(x.service_managed)),
        public_ipv4_pool: text(x.public_ipv4_pool),
        tags: tags(x.tags),
        allocation_id: item.id.clone(),
    };
    Ok((item.id, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_nothing_uses() {
        let x = sdk::Address::builder().allocation_id("eipalloc-0aa").public_ip("203.0.113.7").instance_id("").build();
        let (id, address) = from_sdk(x).unwrap();
        assert_eq!(id, "eipalloc-0aa");
        assert_eq!(address.public_ip.to_string(), "203.0.113.7");
        assert_eq!((address.association_id, address.instance_id), (None, None));
    }

    #[test]
    fn an_address_kept_by_a_service() {
        let x = sdk::Address::builder()
            .allocation_id("eipalloc-0aa")
            .public_ip("203.0.113.7")
            .association_id("eipassoc-0aa")
            .network_interface_id("eni-0aa")
            .service_managed(sdk::ServiceManaged::Rnat)
            .build();
        let (_, address) = from_sdk(x).unwrap();
        assert_eq!(address.service_managed.as_deref(), Some("rnat"));
        assert_eq!(address.network_interface_id.as_deref(), Some("eni-0aa"));
    }

    #[test]
    fn an_address_of_classic_days_is_named_by_itself() {
        assert_eq!(from_sdk(sdk::Address::builder().public_ip("198.51.100.1").build()).unwrap().0, "198.51.100.1");
    }

    #[test]
    fn an_address_without_an_address_is_malformed() {
        assert!(from_sdk(sdk::Address::builder().allocation_id("eipalloc-0aa").build()).is_err());
        assert!(from_sdk(sdk::Address::builder().allocation_id("eipalloc-0aa").public_ip("none").build()).is_err());
    }
}
