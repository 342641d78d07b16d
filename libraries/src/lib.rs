//! Meta-templates, their JSON Schema and sample teams, as data.
