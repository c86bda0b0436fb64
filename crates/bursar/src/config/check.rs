//! What a start would refuse, found before anything is opened.

use bursar_directory::{DataCenters, GLOBAL_ZONE};

use super::{Config, ConfigError, DataCenterConfig};

impl Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.location.check()?;
        self.check_data_centers()?;
        self.check_bootstrap()?;
        if let Some(mail) = &self.mail {
            mail.check().map_err(ConfigError::Value)?;
        }
        if let Some(gateway) = &self.gateway {
            gateway
                .check(self.tls_terminated_by_proxy)
                .map_err(ConfigError::Value)?;
        }
        if let Some(filter) = &self.log_filter {
            bursar_web::check_log_filter(filter)?;
        }
        if self.workers == 0 || self.database_connections_max < 8 {
            return wrong("workers must be 1 or more, database_connections_max 8 or more".into());
        }
        Ok(())
    }

    fn check_data_centers(&self) -> Result<(), ConfigError> {
        let mut placed = Vec::new();
        for (index, one) in self.datacenters.iter().enumerate() {
            if self.datacenters[..index]
                .iter()
                .any(|other| other.id == one.id)
            {
                return wrong(format!("[[datacenter]] {} is given twice", one.id));
            }
            self.check_listener(one)?;
            let data_center = one
                .at(one.listen)
                .map_err(|source| ConfigError::DataCenter {
                    id: one.id.clone(),
                    source,
                })?;
            if one.is_placed() {
                placed.push(data_center);
            }
        }
        DataCenters::new(placed)?;
        Ok(())
    }

    fn check_listener(&self, one: &DataCenterConfig) -> Result<(), ConfigError> {
        let (id, listen) = (&one.id, one.listen);
        if listen.ip().is_loopback() {
            return Ok(());
        }
        if one.base_uri.is_none() {
            return wrong(format!(
                "[[datacenter]] {id} listens off loopback: give a base_uri"
            ));
        }
        if !self.tls_terminated_by_proxy {
            return wrong(format!(
                "[[datacenter]] {id} would serve plain HTTP on {listen}; put a TLS proxy in front \
                 and set tls_terminated_by_proxy = true, or listen on loopback"
            ));
        }
        Ok(())
    }

    fn check_bootstrap(&self) -> Result<(), ConfigError> {
        let Some(bootstrap) = &self.bootstrap else {
            return Ok(());
        };
        let home = &bootstrap.home;
        if home == GLOBAL_ZONE {
            return wrong(format!("[bootstrap] home = {home:?}: nobody lives there"));
        }
        if self.datacenters.iter().all(|one| one.id != *home) {
            return wrong(format!("[bootstrap] home = {home:?} is no [[datacenter]]"));
        }
        Ok(())
    }
}

fn wrong(text: String) -> Result<(), ConfigError> {
    Err(ConfigError::Value(text))
}
