//! emma-parse
