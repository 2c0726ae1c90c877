//! Controls of public catalogues that a finding of a check violates.
//!
//! Sources: AWS Security Hub User Guide, pages "Security Hub controls for Amazon S3" and "Security Hub controls for Amazon EC2" (title, what
//! the control evaluates, "Related requirements": CIS and NIST ids are those that AWS itself maps to the control). Left out are controls
//! that a finding of natless may leave met: S3.6 (five actions, whatever the conditions), EC2.13, EC2.14, EC2.18, EC2.19, EC2.53 and EC2.54
//! (other lists of ports), EC2.6 (any flow log will do), and the peering control of CIS, which asks for a person's judgement.

/// A catalogue of controls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Framework {
    /// AWS Foundational Security Best Practices, by the control ids of AWS Security Hub.
    FoundationalSecurity,
    /// CIS AWS Foundations Benchmark of a version.
    Cis(&'static str),
    /// NIST SP 800-53, revision 5.
    Nist80053,
}

/// A control of a catalogue. A check names one only where each of its findings means that the control is not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control {
    /// The catalogue.
    pub framework: Framework,
    /// The control's id in it.
    pub id: &'static str,
}

impl Control {
    /// A control of AWS Foundational Security Best Practices.
    pub(crate) const fn fsbp(id: &'static str) -> Self {
        Self { framework: Framework::FoundationalSecurity, id }
    }

    /// A control of a version of the CIS AWS Foundations Benchmark.
    pub(crate) const fn cis(version: &'static str, id: &'static str) -> Self {
        Self { framework: Framework::Cis(version), id }
    }

    /// A control of NIST SP 800-53.
    pub(crate) const fn nist(id: &'static str) -> Self {
        Self { framework: Framework::Nist80053, id }
    }
}

impl std::fmt::Display for Framework {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::FoundationalSecurity => f.write_str("AWS FSBP"),
            Self::Cis(version) => write!(f, "CIS AWS Foundations {version}"),
            Self::Nist80053 => f.write_str("NIST 800-53 r5"),
        }
    }
}

impl std::fmt::Display for Control {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.framework, self.id)
    }
}
