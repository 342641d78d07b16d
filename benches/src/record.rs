//! One organisation: JSON in, checked record out.

use std::hint::black_box;

use cerebrate_core::meta::Library;
use cerebrate_core::model::Organisation;
use cerebrate_wire::FromWire;
use cerebrate_wire::read::OrganisationRecord;

use crate::measure::each;
use crate::organisations::Organisations;
use crate::report::{Report, Target, Unit};
use crate::{Result, Setting};

const COUNT: usize = 1_000;

pub(crate) fn run(_: &Setting, report: &mut Report) -> Result<()> {
    let organisations = Organisations::new()?;
    let template = Library::shipped().find("cerebrate/csirt-constituency")?;
    let check = |mut organisation: Organisation| {
        template.flag_values(&mut organisation.meta_fields);
        assert!(organisation.meta_fields.iter().all(|value| value.flags.is_empty()));
        black_box(organisation);
    };

    let texts: Vec<String> =
        (0..COUNT).map(|number| organisations.json(number)).collect::<Result<_>>()?;
    let wire = each(&texts, |part| {
        for text in part {
            let reading = OrganisationRecord::from_wire(text.as_bytes());
            check(reading.record.expect("we wrote it").organisation);
        }
    });
    let how = |texts: &[String], read: &str| {
        let bytes = texts.iter().map(String::len).sum::<usize>() / COUNT;
        format!("1,000 different ones of {bytes} bytes and 3 meta-fields, {read}, `flag_values`")
    };
    report.add(
        "parse and validate one organisation, JSON of peers",
        wire / 1e3,
        Unit::Microseconds,
        Target::AtMost(6.0),
        how(&texts, "`OrganisationRecord::from_wire`"),
    );

    let own: Vec<String> = (0..COUNT)
        .map(|number| Ok(serde_json::to_string(&organisations.get(number)?)?))
        .collect::<Result<_>>()?;
    let ours = each(&own, |part| {
        for text in part {
            check(serde_json::from_str(text).expect("we wrote it"));
        }
    });
    report.add(
        "the same, our own JSON",
        ours / 1e3,
        Unit::Microseconds,
        Target::AtMost(6.0),
        how(&own, "`serde_json`"),
    );
    Ok(())
}
