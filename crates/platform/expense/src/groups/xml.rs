//! Configurations as XML. `Inferred:` no page shows it. Names are those of the page's tables; that
//! the id and the address come first, and how nothing is written, is as connection requests v3.2
//! write it. Source: common/connection-requests/connection-requests-resource.markdown, "Example".

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::{ExpenseGroup, ExpenseGroupList, ExpenseGroupPolicy};

type Xml = Writer<Vec<u8>>;

const NAMESPACES: [(&str, &str); 2] = [
    ("xmlns:xsd", "http://www.w3.org/2001/XMLSchema"),
    ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// The groups that there are for the caller.
pub(super) fn list(list: &ExpenseGroupList) -> Vec<u8> {
    document("ExpenseGroupConfigurations", |xml| {
        each(
            xml,
            "Items",
            "ExpenseGroupConfiguration",
            &list.items,
            group,
        )?;
        optional(xml, "NextPage", list.next_page.as_deref())
    })
}

/// One group.
pub(super) fn one(one: &ExpenseGroup) -> Vec<u8> {
    document("ExpenseGroupConfiguration", |xml| group(xml, one))
}

fn group(xml: &mut Xml, group: &ExpenseGroup) -> io::Result<()> {
    text(xml, "ID", &group.id)?;
    text(xml, "URI", &group.uri)?;
    text(xml, "Name", &group.name)?;
    let form = &group.attendee_list_form_id;
    optional(xml, "AttendeeListFormID", form.as_deref())?;
    let form = &group.attendee_list_form_name;
    optional(xml, "AttendeeListFormName", form.as_deref())?;
    flag(
        xml,
        "AllowUserRegisterYodlee",
        group.allow_user_register_yodlee,
    )?;
    let invoice = group.allow_user_digital_tax_invoice;
    flag(xml, "AllowUserDigitalTaxInvoice", invoice)?;
    optional(xml, "CashAdvance", group.cash_advance.as_deref())?;
    xml.create_element("AttendeeTypes").write_empty()?;
    each(
        xml,
        "PaymentTypes",
        "PaymentType",
        &group.payment_types,
        |xml, one| {
            text(xml, "ID", &one.id)?;
            text(xml, "Name", &one.name)?;
            flag(xml, "IsDefault", one.is_default)
        },
    )?;
    each(xml, "Policies", "Policy", &group.policies, policy)
}

fn policy(xml: &mut Xml, policy: &ExpenseGroupPolicy) -> io::Result<()> {
    text(xml, "ID", &policy.id)?;
    text(xml, "Name", &policy.name)?;
    flag(xml, "IsDefault", policy.is_default)?;
    flag(xml, "IsInheritable", policy.is_inheritable)?;
    each(
        xml,
        "ExpenseTypes",
        "ExpenseType",
        &policy.expense_types,
        |xml, one| {
            text(xml, "Code", &one.code)?;
            text(xml, "Name", &one.name)?;
            text(xml, "ExpenseCode", &one.expense_code)
        },
    )
}

/// # Panics
/// Never: memory takes any bytes.
fn document(name: &str, content: impl FnOnce(&mut Xml) -> io::Result<()>) -> Vec<u8> {
    let mut xml = Writer::new(Vec::new());
    let root = xml.create_element(name).with_attributes(NAMESPACES);
    root.write_inner_content(content)
        .expect("memory takes any bytes");
    xml.into_inner()
}

fn each<T>(
    xml: &mut Xml,
    list: &str,
    name: &str,
    items: &[T],
    content: impl Fn(&mut Xml, &T) -> io::Result<()>,
) -> io::Result<()> {
    let list = xml.create_element(list);
    if items.is_empty() {
        return list.write_empty().map(drop);
    }
    let all = list.write_inner_content(|xml| {
        items.iter().try_for_each(|item| {
            let item = xml
                .create_element(name)
                .write_inner_content(|xml| content(xml, item));
            item.map(drop)
        })
    });
    all.map(drop)
}

fn optional(xml: &mut Xml, name: &str, value: Option<&str>) -> io::Result<()> {
    if let Some(value) = value {
        return text(xml, name, value);
    }
    let nothing = xml.create_element(name).with_attribute(("xsi:nil", "true"));
    nothing.write_empty().map(drop)
}

fn flag(xml: &mut Xml, name: &str, value: bool) -> io::Result<()> {
    text(xml, name, if value { "true" } else { "false" })
}

fn text(xml: &mut Xml, name: &str, value: &str) -> io::Result<()> {
    let element = xml.create_element(name);
    let value = representable(value);
    element.write_text_content(BytesText::new(&value)).map(drop)
}

/// XML 1.0 has no way to write some characters, not even as references: section 2.2.
fn representable(text: &str) -> Cow<'_, str> {
    let is_none = |c: char| {
        (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    };
    if text.contains(is_none) {
        Cow::Owned(text.replace(is_none, "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_and_nothing_is_lost_but_what_xml_cannot_say() {
        let bytes = document("A", |xml| {
            text(xml, "B", "R&D <1> \u{1}\tü\u{ffff}")?;
            optional(xml, "C", None)?;
            each(xml, "D", "E", &[] as &[u8], |_, _| Ok(()))
        });
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "<A xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
             <B>R&amp;D &lt;1&gt; \u{fffd}\tü\u{fffd}</B><C xsi:nil=\"true\"/><D/></A>"
        );
    }
}
