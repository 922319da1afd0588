//! A call that works at this very address, in three languages.

use crate::{
    components::{
        copy_button::CopyButton,
        icon::{Draw, Icon},
    },
    words::Home as Words,
};
use leptos::prelude::*;
use leptos_router::components::A;

/// A language of sample code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sample {
    Curl,
    Python,
    JavaScript,
}

impl Sample {
    const ALL: [Self; 3] = [Self::Curl, Self::Python, Self::JavaScript];

    fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Python => "Python",
            Self::JavaScript => "JavaScript",
        }
    }

    fn code(self, address: &str) -> String {
        match self {
            Self::Curl => format!(
                "curl {address}/v1/chat/completions \\\n  -H \"Authorization: Bearer $TURNPIKE_KEY\" \\\n  -H \"Content-Type: \
                 application/json\" \\\n  -d '{{\"model\": \"sandbox/echo\", \"messages\": [{{\"role\": \"user\", \
                 \"content\": \"Hello\"}}]}}'"
            ),
            Self::Python => format!(
                "import os\nfrom openai import OpenAI\n\nclient = OpenAI(base_url=\"{address}/v1\", \
                 api_key=os.environ[\"TURNPIKE_KEY\"])\nanswer = client.chat.completions.create(\n    \
                 model=\"sandbox/echo\",\n    messages=[{{\"role\": \"user\", \"content\": \"Hello\"}}],\n)\n\
                 print(answer.choices[0].message.content)"
            ),
            Self::JavaScript => format!(
                "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{\n  baseURL: \"{address}/v1\",\n  apiKey: \
                 process.env.TURNPIKE_KEY,\n}});\nconst answer = await client.chat.completions.create({{\n  model: \
                 \"sandbox/echo\",\n  messages: [{{ role: \"user\", content: \"Hello\" }}],\n}});\n\
                 console.log(answer.choices[0].message.content);"
            ),
        }
    }
}

/// The panel.
#[component]
pub fn QuickStart(
    /// The relay's address, without a slash at the end.
    address: String,
) -> impl IntoView {
    let t = Words::here();
    let chosen = RwSignal::new(Sample::Curl);
    let base = format!("{address}/v1");
    let buttons = Sample::ALL.map(|one| {
        let pressed = move || if chosen.get() == one { "true" } else { "false" };
        view! { <button type="button" aria-pressed=pressed on:click=move |_| chosen.set(one)>{one.name()}</button> }
    });
    view! {
        <section class="panel">
            <header>
                <h2>{t.quick_start()}</h2><span class="dim small">{t.works_as_is()}</span>
                <A href="/keys?new=1" attr:class="btn sm end"><Draw icon=Icon::Key/>{t.make_key()}</A>
            </header>
            <div class="body stack">
                <div class="seg" role="group" aria-label=t.language_of_code()>{buttons.into_iter().collect_view()}</div>
                {move || {
                    let code = chosen.get().code(&address);
                    view! { <div class="sample"><pre class="code" tabindex="0">{code.clone()}</pre><CopyButton text=code/></div> }
                }}
                <p class="dim small">{t.with_key()}" "{t.base_url()}" "<code>{base}</code></p>
            </div>
        </section>
    }
}
