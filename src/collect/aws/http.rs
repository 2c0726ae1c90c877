//! The one HTTP client of a run, and where its answers come from and go to.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::shared::IntoShared;

use super::tape::{Player, Recorder};
use crate::collect::lock::lock;

type Timeouts = (Option<Duration>, Option<Duration>);

/// One pool of connections for the run: rustls on ring, proxies as the environment says.
///
/// Connections are pooled per connector and a connector has fixed timeouts, so there is one per pair of timeouts: one
/// for the services, one for instance metadata.
#[derive(Debug, Default)]
struct Pool {
    connectors: Mutex<Vec<(Timeouts, SharedHttpConnector)>>,
}

impl HttpClient for Pool {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = lock(&self.connectors);
        if let Some((_, connector)) = connectors.iter().find(|(known, _)| *known == timeouts) {
            return connector.clone();
        }
        let mut builder = Connector::builder();
        builder.set_sleep_impl(components.sleep_impl());
        let connector = builder
            .connector_settings(settings.clone())
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build();
        let connector = SharedHttpConnector::new(connector);
        connectors.push((timeouts, connector.clone()));
        connector
    }
}

/// The HTTP client for live calls.
pub(crate) fn live() -> SharedHttpClient {
    Pool::default().into_shared()
}

/// Where answers come from and where they are kept.
#[derive(Debug, Clone)]
pub(crate) enum Wire {
    /// From AWS.
    Live(SharedHttpClient),
    /// From AWS, and kept.
    Record(SharedHttpClient, Arc<Recorder>),
    /// From a recording.
    Replay(Arc<Player>),
}

impl Wire {
    /// The HTTP client for one service and region.
    pub(crate) fn client(&self, service: &'static str, region: &str) -> SharedHttpClient {
        match self {
            Self::Live(live) => live.clone(),
            Self::Record(live, recorder) => recorder.client(live, service, region),
            Self::Replay(player) => player.client(service, region),
        }
    }
}
