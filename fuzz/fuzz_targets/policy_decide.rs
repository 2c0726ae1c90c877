//! Whatever can be read is decided: no crash, no hang, no policy that permits more than itself, and every witness passes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use policy::{
    Attachment, Decision, Judge, Membership, Outcome, PolicyKind, Question, Scope, Verdict, evaluate, new_access, parse,
};

#[allow(dead_code, unused_imports, reason = "the target uses a part of the engine")]
#[path = "../../src/policy/mod.rs"]
mod policy;

const ACCOUNT: &str = "111122223333";

fuzz_target!(|text: &str| {
    let Ok(policy) = parse(text, PolicyKind::Resource) else { return };
    for attachment in [Attachment::Bucket, Attachment::GatewayEndpoint] {
        let mut scope = Scope::new(attachment, ACCOUNT);
        scope.organization = Membership::In { id: "o-a1b2c3d4e5".to_owned(), accounts: None };
        for answer in Judge::new(&policy, &scope).answers() {
            let shows_a_pass = !matches!(answer.question, Question::AllowsEverything | Question::Public);
            if let Some(witness) = answer.witness.filter(|_| shows_a_pass && answer.verdict != Verdict::Unknown) {
                let decision = evaluate(&policy, attachment, &[], &witness.request).decision;
                let own = witness.request.principal.account() == Some(ACCOUNT);
                assert!(decision.passes() || (own && decision == Decision::ImplicitDeny), "{answer:?}", answer = answer.question);
            }
        }
        assert!(!matches!(new_access(&policy, &policy, &scope), Outcome::Open(_)));
    }
});
