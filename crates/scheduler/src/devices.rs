//! Resource claims and devices (DRA).

use k8s_openapi::api::resource::v1::DeviceClass;

use crate::intern::{FastMap, Interner, Sym};

/// All device objects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices {
    /// Extended resources that device classes stand in for.
    pub(crate) extended: FastMap<Sym, Sym>,
}

impl Devices {
    pub(crate) fn add_class(&mut self, class: &DeviceClass, texts: &mut Interner) {
        let name = class.metadata.name.as_deref().unwrap_or_default();
        let own = texts.intern(name);
        let implicit = texts.intern(&format!("deviceclass.resource.kubernetes.io/{name}"));
        self.extended.retain(|_, class| *class != own);
        self.extended.insert(implicit, own);
        if let Some(resource) = &class.spec.extended_resource_name {
            self.extended.insert(texts.intern(resource), own);
        }
    }
}
