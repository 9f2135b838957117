//! emma-testkit
