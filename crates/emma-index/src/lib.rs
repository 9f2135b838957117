//! emma-index
