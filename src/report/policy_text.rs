//! Answers about policies for people.

use anstyle::Style;

use super::page::{BAD, FAINT, GOOD, PLAIN, Page, STRONG, Span, WARN};
use super::policy_v1::why_of;
use super::text;
use crate::policy::{Answer, Outcome, Policy, Presence, Question, Verdict, Witness, in_words, telling_context};

/// The answers for a terminal of this many columns, with style codes.
#[must_use]
pub fn render_answers(policy: &Policy, answers: &[Answer], columns: usize) -> String {
    let mut page = Page::new(columns);
    for (number, answer) in answers.iter().enumerate() {
        if number > 0 {
            page.gap();
        }
        let word = answer.verdict.to_string();
        let label = [Span::new(format!("{word:<8}"), style(answer).bold()), Span::new(asked(answer.question), STRONG)];
        page.line(0, &label);
        page.paragraph(8, &answer.why, PLAIN);
        if let Some(witness) = &answer.witness {
            write_witness(&mut page, witness, policy);
        }
    }
    page.finish()
}

/// What a comparison found, for a terminal of this many columns, with style codes.
#[must_use]
pub fn render_comparison(new: &Policy, outcome: &Outcome, columns: usize) -> String {
    let mut page = Page::new(columns);
    let (word, style) = match outcome {
        Outcome::Closed => ("no", GOOD),
        Outcome::Open(_) => ("yes", BAD),
        Outcome::Unknown(_) => ("unknown", WARN),
    };
    let asked = "does the new policy permit anything that the old one does not?";
    page.line(0, &[Span::new(format!("{word:<8}"), style.bold()), Span::new(asked, STRONG)]);
    page.paragraph(8, &why_of(outcome), PLAIN);
    if let Outcome::Open(witness) = outcome {
        write_witness(&mut page, witness, new);
    }
    page.finish()
}

fn write_witness(page: &mut Page, witness: &Witness, policy: &Policy) {
    page.paragraph(8, &format!("for example: {}", in_words(&witness.request)), PLAIN);
    for (key, presence) in telling_context(&witness.request, policy) {
        let value = match presence {
            Presence::One(value) => value,
            Presence::Many(values) => values.join(", "),
            Presence::Absent | Presence::Undetermined => continue,
        };
        page.paragraph(10, &format!("{key} = {}", text::safe(&value)), FAINT);
    }
}

/// The question as people ask it.
fn asked(question: Question) -> &'static str {
    match question {
        Question::Public => "is it public by S3's own definition?",
        Question::Anonymous => "does a request without credentials pass?",
        Question::ExternalPrincipals => "does anybody outside the account, its organization and the trusted pass?",
        Question::ForeignResources => "does a request to somebody else's resources pass?",
        Question::ConfusedDeputy => "does an AWS service pass that acts for an account outside?",
        Question::PlainHttp => "does a request over plain HTTP pass?",
        Question::NetworkBound => "do only the networks that it names get in, the account's own principals included?",
        Question::AllowsEverything => "does it let every request through?",
        Question::AllowsNothing => "does it let no request through?",
    }
}

/// Which answer is the good one depends on the question.
fn style(answer: &Answer) -> Style {
    let wanted = match answer.question {
        Question::NetworkBound => Verdict::Yes,
        Question::Public
        | Question::Anonymous
        | Question::ExternalPrincipals
        | Question::ForeignResources
        | Question::ConfusedDeputy
        | Question::PlainHttp
        | Question::AllowsEverything
        | Question::AllowsNothing => Verdict::No,
    };
    match answer.verdict {
        Verdict::Unknown => WARN,
        verdict if verdict == wanted => GOOD,
        Verdict::Yes | Verdict::No if answer.question == Question::NetworkBound => PLAIN,
        Verdict::Yes | Verdict::No => BAD,
    }
}
