//! emma-evidence
