//! What `prescale emit` answers: settings for a tool that deploys.

use super::arguments::{EmitTool, OfEmitted};
use super::input::Input;
use super::output::{Answer, Complaint, Ending};
use crate::emit::{Settings, cli, cloudformation, settings, terraform};
use crate::recommend::{applied, recommend};
use crate::scenario::read::Purpose;

/// The settings as one tool wants them.
pub fn answer(tool: &EmitTool) -> Result<Answer, Complaint> {
    let (asked, written): (_, fn(&Settings) -> String) = match tool {
        EmitTool::Terraform(asked) => (asked, terraform),
        EmitTool::CloudFormation(asked) => (asked, cloudformation),
        EmitTool::Cli(asked) => (asked, cli),
    };
    Ok(match asked_settings(asked)? {
        Some(settings) => Answer::done(written(&settings)),
        None => Answer {
            data: String::new(),
            notes: format!(
                "{0}: nothing meets the limits, so there is nothing to set\n    \
                 hint: `prescale recommend {0}` says which limit to relax; --current writes the \
                 settings of today\n",
                asked.scenario.display()
            ),
            ending: Ending::NotMet,
        },
    })
}

/// None where nothing meets the limits.
fn asked_settings(asked: &OfEmitted) -> Result<Option<Settings>, Complaint> {
    if asked.current {
        let current = Input::read(&asked.scenario, Purpose::DurationsOnly)?.scenario;
        return Ok(Some(settings(&current, &current)));
    }
    let input = Input::read(&asked.scenario, Purpose::MonthlyFigures)?;
    let recommendation = recommend(&input.scenario).map_err(|few| input.too_few_places(&few))?;
    let planned = recommendation.recommended.as_ref();
    Ok(planned.map(|plan| settings(&input.scenario, &applied(&input.scenario, plan))))
}
