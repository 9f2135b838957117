//! emma-case
