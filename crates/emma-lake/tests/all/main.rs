//! Tests of the lake through its public face.

mod damage;
mod draft;
mod files;
mod golden;
mod roots;
mod rows;
mod snapshots;
