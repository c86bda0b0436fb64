//! A company's expense group: which expense types, payment types and policies there are.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::ExpenseType;

/// What a company has configured.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(crate) name: String,
    #[serde(default = "payment_types")]
    pub(crate) payment_types: Vec<PaymentType>,
    #[serde(default = "policies")]
    pub(crate) policies: Vec<Policy>,
}

/// How an expense can be paid.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaymentType {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) is_default: bool,
}

/// A policy and the expense types that it has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub(crate) id: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) is_default: bool,
    #[serde(default)]
    pub(crate) is_inheritable: bool,
    #[serde(default = "expense_types")]
    pub(crate) expense_types: Vec<ConfiguredType>,
    /// What receipts of a type are for, by the type's name, where it is not what [`RECEIPT_TYPES`]
    /// says. `UNDEF` is nothing yet.
    #[serde(default)]
    pub(crate) receipt_types: BTreeMap<String, String>,
}

/// An expense type of a policy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfiguredType {
    pub(crate) code: String,
    pub(crate) name: String,
    /// What controls the entry: `OTHER`, `LODGING`, `PCARMILE` and others.
    #[serde(default = "other")]
    pub(crate) expense_code: String,
}

impl Default for Group {
    /// `Choice:` of a company for which nobody configured anything.
    fn default() -> Self {
        Self {
            name: "Default".to_owned(),
            payment_types: payment_types(),
            policies: policies(),
        }
    }
}

impl Group {
    /// What a receipt of this type is for, unless somebody says otherwise. `Choice:` everybody has
    /// the policy that is the default, or else the first.
    pub(crate) fn type_of_receipt(&self, receipt_type: &str) -> ExpenseType {
        let default = self.policies.iter().find(|policy| policy.is_default);
        let policy = default.or(self.policies.first());
        let found = policy.and_then(|policy| policy.type_of_receipt(receipt_type));
        found.map_or_else(ExpenseType::undefined, ConfiguredType::as_expense_type)
    }

    /// An expense type of any of the policies, by its code.
    pub(crate) fn expense_type(&self, code: &str) -> Option<ExpenseType> {
        let mut all = self
            .policies
            .iter()
            .flat_map(|policy| &policy.expense_types);
        all.find(|one| one.code == code)
            .map(ConfiguredType::as_expense_type)
    }

    /// The expense types of all policies, each once, by name; the one that stands for none first.
    pub(crate) fn expense_types(&self) -> Vec<ExpenseType> {
        let all = self
            .policies
            .iter()
            .flat_map(|policy| &policy.expense_types);
        let none = ExpenseType::undefined();
        let mut seen = BTreeSet::from([none.id.as_str()]);
        let mut types: Vec<_> = all
            .filter(|one| seen.insert(&one.code))
            .map(ConfiguredType::as_expense_type)
            .collect();
        types.sort_by(|left, right| left.name.cmp(&right.name));
        drop(seen);
        types.insert(0, none);
        types
    }

    pub(crate) fn has_payment_type(&self, id: &str) -> bool {
        self.payment_types.iter().any(|one| one.id == id)
    }

    /// What the documents do not know, if there is any: nobody could post it.
    pub(crate) fn unusable(&self) -> Option<String> {
        let unknown = self
            .payment_types
            .iter()
            .find(|one| PAYMENT_TYPES.iter().all(|(id, _)| *id != one.id));
        let unknown = unknown.map(|one| format!("payment type {}", one.id));
        unknown.or_else(|| self.policies.iter().find_map(Policy::unusable))
    }
}

impl Policy {
    fn type_of_receipt(&self, receipt_type: &str) -> Option<&ConfiguredType> {
        if let Some(code) = self.receipt_types.get(receipt_type) {
            return self.expense_type(code);
        }
        let (_, codes) = RECEIPT_TYPES
            .iter()
            .find(|(name, _)| *name == receipt_type)?;
        codes.iter().find_map(|code| self.expense_type(code))
    }

    fn expense_type(&self, code: &str) -> Option<&ConfiguredType> {
        self.expense_types.iter().find(|one| one.code == code)
    }

    fn unusable(&self) -> Option<String> {
        self.receipt_types.iter().find_map(|(receipt_type, code)| {
            if RECEIPT_TYPES.iter().all(|(name, _)| name != receipt_type) {
                return Some(format!("receipt type {receipt_type}"));
            }
            let known = *code == ExpenseType::undefined().id || self.expense_type(code).is_some();
            (!known).then(|| format!("expense type {code} of {receipt_type}"))
        })
    }
}

impl ConfiguredType {
    fn as_expense_type(&self) -> ExpenseType {
        ExpenseType {
            id: self.code.clone(),
            name: self.name.clone(),
        }
    }
}

/// What receipts of each type are for: the first of these expense types that the policy has.
///
/// Source: e-receipts and quick expense guide, "Post a General eReceipt": a general receipt is not
/// mapped. `Inferred:` the others are to what the guide's table of expense types calls them.
const RECEIPT_TYPES: [(&str, &[&str]); 7] = [
    ("air-receipt", &["AIRFR"]),
    ("car-rental-receipt", &["CARRT"]),
    ("general-receipt", &[]),
    ("ground-transport-receipt", &["TAXIX"]),
    ("hotel-receipt", &["LODNG"]),
    ("jpt-ic-card-receipt", &["TRAIN"]),
    ("rail-receipt", &["01025", "TRAIN"]),
];

/// Source: v4.quick-expense.md, `paymentTypeId`; names of the configuration page's example.
const PAYMENT_TYPES: [(&str, &str); 3] = [
    ("CASHX", "Cash"),
    ("CPAID", "Company Paid"),
    ("PENDC", "Pending Card Transaction"),
];

/// Source: e-receipts and quick expense guide, the table of `expenseTypeId`.
const EXPENSE_TYPES: [(&str, &str); 35] = [
    ("AIRFR", "Airfare"),
    ("AWRDS", "Gifts - Clients"),
    ("BANKF", "Bank Fees"),
    ("BRKFT", "Breakfast"),
    ("BUSML", "Entertainment - Clients"),
    ("CARRT", "Car Rental"),
    ("CELPH", "Mobile/Cellular Phone"),
    ("DINNR", "Dinner"),
    ("DUESX", "Professional Subscriptions/Dues"),
    ("GASXX", "Fuel"),
    ("GIFTS", "Gifts - Staff"),
    ("LNDRY", "Laundry"),
    ("LOCPH", "Telephone/Fax"),
    ("LODNG", "Hotel"),
    ("LUNCH", "Lunch"),
    ("MILEG", "Personal Car Mileage"),
    ("MISCL", "Miscellaneous"),
    ("OFCSP", "Office Equipment/Hardware"),
    ("ONLIN", "Internet/Online Fees"),
    ("PARKG", "Parking"),
    ("POSTG", "Postage"),
    ("SEMNR", "Seminar/Course fees"),
    ("TAXIX", "Taxi"),
    ("TOLLS", "Tolls/Road Charges"),
    ("TRAIN", "Public Transport"),
    ("TRDSH", "Marketing/Promotional Costs"),
    ("01004", "Entertainment - Staff"),
    ("01005", "Courier/Shipping/Freight"),
    ("01006", "Printing/Photocopying/Stationery"),
    ("01007", "Office Supplies/Software"),
    ("01009", "Tips/Gratuities"),
    ("01012", "Tuition/Training Reimbursement"),
    ("01025", "Train"),
    ("01027", "Business Meals (Attendees)"),
    ("01028", "Individual Meals"),
];

pub(crate) fn payment_types() -> Vec<PaymentType> {
    let all = PAYMENT_TYPES.iter().map(|(id, name)| PaymentType {
        id: (*id).to_owned(),
        name: (*name).to_owned(),
        is_default: *id == "CASHX",
    });
    all.collect()
}

pub(crate) fn policies() -> Vec<Policy> {
    vec![Policy {
        id: "default".to_owned(),
        name: "Default".to_owned(),
        is_default: true,
        is_inheritable: true,
        expense_types: expense_types(),
        receipt_types: BTreeMap::new(),
    }]
}

fn expense_types() -> Vec<ConfiguredType> {
    let all = EXPENSE_TYPES.iter().map(|(code, name)| ConfiguredType {
        code: (*code).to_owned(),
        name: (*name).to_owned(),
        // Source: expense-group-configurations.markdown, "Expense Type", and its example.
        expense_code: match *code {
            "LODNG" => "LODGING".to_owned(),
            "MILEG" => "PCARMILE".to_owned(),
            _ => other(),
        },
    });
    all.collect()
}

fn other() -> String {
    "OTHER".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_group_is_usable() {
        let group = Group::default();
        assert_eq!(group.unusable(), None);
        assert_eq!(group.expense_type("TAXIX").unwrap().name, "Taxi");
        assert_eq!(group.expense_type("taxix"), None);
        let types = group.expense_types();
        assert_eq!(types.len(), EXPENSE_TYPES.len() + 1);
        assert_eq!(
            (types[0].id.as_str(), types[1].name.as_str()),
            ("UNDEF", "Airfare")
        );
        assert!(group.has_payment_type("CPAID") && !group.has_payment_type("IBCP"));
    }

    fn types_of_receipts(group: &Group) -> Vec<String> {
        let of = |(name, _): &(&str, _)| group.type_of_receipt(name).id;
        RECEIPT_TYPES.iter().map(of).collect()
    }

    #[test]
    fn a_receipt_is_for_what_its_type_and_the_policy_say() {
        let mut group = Group::default();
        let usual = [
            "AIRFR", "CARRT", "UNDEF", "TAXIX", "LODNG", "TRAIN", "01025",
        ];
        assert_eq!(types_of_receipts(&group), usual);
        assert_eq!(
            group.type_of_receipt("boat-receipt"),
            ExpenseType::undefined()
        );
        let mut policy = policies().remove(0);
        policy.is_default = false;
        policy.expense_types.retain(|one| one.code == "MISCL");
        group.policies.insert(0, policy);
        assert_eq!(
            types_of_receipts(&group),
            usual,
            "the default policy counts"
        );
        group.policies.truncate(1);
        assert_eq!(types_of_receipts(&group), ["UNDEF"; 7]);
        let chosen = [("air-receipt", "MISCL"), ("general-receipt", "UNDEF")];
        let chosen = chosen.map(|(name, code)| (name.to_owned(), code.to_owned()));
        group.policies[0].receipt_types = chosen.into();
        assert_eq!(group.unusable(), None);
        let expected = [
            "MISCL", "UNDEF", "UNDEF", "UNDEF", "UNDEF", "UNDEF", "UNDEF",
        ];
        assert_eq!(types_of_receipts(&group), expected);
    }

    #[test]
    fn a_group_names_no_unknown_types() {
        for (receipt_type, code, says) in [
            ("boat-receipt", "AIRFR", "receipt type boat-receipt"),
            ("air-receipt", "BOATS", "expense type BOATS of air-receipt"),
        ] {
            let mut group = Group::default();
            let policy = &mut group.policies[0];
            policy
                .receipt_types
                .insert(receipt_type.into(), code.into());
            assert_eq!(group.unusable().as_deref(), Some(says));
        }
    }

    #[test]
    fn a_group_that_was_kept_before_there_were_types_of_receipts_is_read() {
        let mut kept = serde_json::to_value(Group::default()).unwrap();
        let policy = kept["policies"][0].as_object_mut().unwrap();
        assert!(policy.remove("receipt_types").is_some());
        assert_eq!(
            serde_json::from_value::<Group>(kept).unwrap(),
            Group::default()
        );
    }
}
