//! A company's expense group: which expense types, payment types and policies there are.

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
    /// An expense type of any of the policies, by its code.
    pub(crate) fn expense_type(&self, code: &str) -> Option<ExpenseType> {
        let mut all = self
            .policies
            .iter()
            .flat_map(|policy| &policy.expense_types);
        let found = all.find(|one| one.code == code)?;
        Some(ExpenseType {
            id: found.code.clone(),
            name: found.name.clone(),
        })
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
        unknown.map(|one| format!("payment type {}", one.id))
    }
}

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
        assert!(group.has_payment_type("CPAID") && !group.has_payment_type("IBCP"));
    }
}
