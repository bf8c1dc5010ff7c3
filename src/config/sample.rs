//! The annotated samples that `armoury init` writes. `tests/config.rs` proves that they say what the defaults are.

const STATION: &str = include_str!("../../config/station.toml");
const POLICY: &str = include_str!("../../config/policy.toml");

/// The line of the sample that names the station.
const ID_LINE: &str = "id = \"armoury-1\"";

/// `station.toml` for a station of that name.
pub fn sample_station(id: &str) -> String {
    STATION.replacen(ID_LINE, &format!("id = {}", toml::Value::from(id)), 1)
}

/// `policy.toml` with every rule at its default.
pub fn sample_policy() -> &'static str {
    POLICY
}
