//! emma-lake
