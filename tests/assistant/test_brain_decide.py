# ruff: noqa: E501 - talks read best in one line
import json
from pathlib import Path

import pytest

from assistant.brain.arguments import _header
from assistant.brain.asked import Asked
from assistant.brain.decide import Decision, decide
from assistant.brain.history import Context
from assistant.brain.mentions import find_mentions
from assistant.brain.reading import Reading
from assistant.brain.situation import Situation
from assistant.brain.things.names import picked_place

DATA = Path(__file__).parent / "data"
TWO = Situation(datasets=["a.csv", "b.csv"], models=[{"name": "x-1"}, {"name": "y-1"}])


def _cases(name: str) -> list[dict]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def _ask(text: str, situation: Situation = TWO, **kwargs) -> Decision:
    return decide([{"role": "user", "content": text}], situation, **kwargs)


def _right(case: dict) -> bool:
    found = decide(case["messages"], Situation.of(case))
    free = {"query"}  # the question's wording is not compared
    args = {key: value for key, value in found.args.items() if key not in free}
    return (found.tool, args, found.options) == (case["expect"]["tool"], case["expect"]["args"], [])


@pytest.mark.parametrize(
    "case", _cases("plan_examples.jsonl"), ids=lambda case: case["messages"][-1]["content"][:40]
)
def test_public_examples(case: dict):
    assert _right(case)


@pytest.mark.parametrize("name", ["plan_cases.jsonl", "plan_cases_2.jsonl", "plan_cases_3.jsonl"])
def test_own_cases_are_nearly_all_right(name: str):
    cases = _cases(name)
    misses = [case["messages"][-1]["content"] for case in cases if not _right(case)]
    assert len(misses) <= 0.1 * len(cases), misses


@pytest.mark.parametrize(
    ("text", "situation", "missing"),
    [
        ("fine-tune a classifier", Situation(), ["dataset"]),
        ("fine-tune a classifier", TWO, ["dataset"]),
        ("deploy a model", TWO, ["model"]),
        ("try the model x-1 on a text", TWO, ["text"]),
        ("把模型部署一下", TWO, ["model"]),
        ("compare the models", Situation(models=["x-1"]), ["models"]),
    ],
)
def test_what_is_missing_is_asked_for(text: str, situation: Situation, missing: list[str]):
    found = _ask(text, situation)
    assert found.missing == missing
    assert found.question


def test_names_become_buttons():
    assert _ask("deploy a model").choices == ["x-1", "y-1"]


def test_the_only_dataset_needs_no_name():
    assert _ask("fine-tune a classifier", Situation(datasets=["a.csv"])).args == {"dataset": "a.csv"}


def test_answer_to_the_question_completes_the_action():
    first = _ask("deploy a model")
    talk = [
        {"role": "user", "content": "deploy a model"},
        {"role": "assistant", "content": first.question},
        {"role": "user", "content": "the second one"},
    ]
    assert decide(talk, TWO).args == {"model": "y-1"}


@pytest.mark.parametrize(
    ("question", "answer", "column"),
    [
        ("There are two text columns, subject and body. Which one should it read?", "the second", "body"),
        (
            "There are two text columns, subject and body. Which one should it read?",
            "the first one",
            "subject",
        ),
        ("表里有 subject 和 body 两列,哪一列是文本?", "第二个", "body"),
    ],
)
def test_an_ordinal_picks_a_column_that_was_offered(question: str, answer: str, column: str):
    found = decide(
        [
            {"role": "user", "content": "train on a.csv, label column is queue"},
            {"role": "assistant", "content": question},
            {"role": "user", "content": answer},
        ],
        TWO,
    )
    assert (found.tool, found.args.get("text_column")) == ("finetune_model", column)
    assert found.args["label_column"] == "queue"


@pytest.mark.parametrize("text", ["train on a.csv", "deploy x-1", "how is it going?"])
def test_visitors_get_answers_only(text: str):
    assert _ask(text, Situation(role="visitor")).tool in (None, "search_knowledge")
    assert _ask(text, allowed=["search_knowledge"]).tool in (None, "search_knowledge")


@pytest.mark.parametrize("text", ["", "   ", "?", "😀", "a" * 5000, "\n\n", "'", "“", "{}[]()", "/", "\x00"])
def test_odd_messages_do_not_break_it(text: str):
    assert set(_ask(text).as_dict()) == {"tool", "args", "missing", "confidence", "options"}


@pytest.mark.parametrize(
    ("shares", "tool", "options"),
    [
        (
            {"evaluate_model": 0.5, "compare_models": 0.4},
            "evaluate_model",
            ["evaluate_model", "compare_models"],
        ),
        ({"none": 0.4, "list_jobs": 0.3, "show_job": 0.3}, None, ["list_jobs", "show_job"]),
        ({"search_knowledge": 0.6, "none": 0.4}, "search_knowledge", []),  # a choice of one is none
        ({"none": 0.6, "search_knowledge": 0.4}, None, []),
        ({"evaluate_model": 0.9, "compare_models": 0.1}, "evaluate_model", []),
    ],
)
def test_unsure_choices_offer_two_or_three_options(shares: dict, tool: str | None, options: list):
    def read(messages, situation):
        return [Reading(shares, {"new": 1.0}) for _ in messages]

    found = decide([{"role": "user", "content": "well, that one"}], TWO, read=read)
    assert (found.tool, found.options) == (tool, options)
    assert bool(options) <= found.question.endswith("?")
    if options:
        assert len(found.choices) == len(options)


def test_placeholders_of_the_gate_are_kept():
    found = _ask("try x-1 on 'write to <EMAIL_ADDRESS> please'")
    assert found.args == {"model": "x-1", "text": "write to <EMAIL_ADDRESS> please"}


def test_open_approval_is_answered():
    waiting = Situation(open_approval={"tool": "finetune_model", "args": {"dataset": "a.csv"}})
    assert _ask("yes", waiting).args == {"dataset": "a.csv"}
    assert _ask("make it 5 epochs instead", waiting).args == {"dataset": "a.csv", "epochs": 5}
    assert _ask("no, not now", waiting).tool is None


TALKS = [  # what was said, the situation, and the arguments of the last message's tool
    (["train a classifier on a.csv", "Which column holds the label?", "queue", "And which one is the text?", "body"], {},
     {"dataset": "a.csv", "label_column": "queue", "text_column": "body"}),
    (["train minilm on a.csv, 2 epochs", "That would be: a.csv, minilm, 2 epochs. Approve?", "no I meant b.csv, the rest is right"], {},
     {"dataset": "b.csv", "base_model": "minilm", "epochs": 2}),
    (["train on a.csv, text is in body, label in team", "Shall I start? a.csv, text: body, label: team", "the column is called squad, not team. sorry"], {},
     {"dataset": "a.csv", "text_column": "body", "label_column": "squad"}),
    (["which jobs are there?", "Two are running: job-23 (cats.csv) and job-24 (dogs.csv).", "please stop the dogs one"], {"jobs": ["job-24", "job-23"]},
     {"job": "job-24"}),
    (["try x-1 with: no hot water since sunday", "boiler (0.86)", "toilet keeps running all night"], {},
     {"model": "x-1", "text": "toilet keeps running all night"}),
    (["can you put our volunteer page into the knowledge base?", "Gladly, what is its address?", "sec, on my phone..", "Take your time.", "https://aid.example/help"], {},
     {"source": "https://aid.example/help"}),
]  # fmt: skip


@pytest.mark.parametrize(("said", "more", "args"), TALKS, ids=[talk[0][-1] for talk in TALKS])
def test_a_talk_is_kept_together(said: list[str], more: dict, args: dict):
    talk = [{"role": ("user", "assistant")[at % 2], "content": content} for at, content in enumerate(said)]
    situation = Situation(datasets=["a.csv", "b.csv"], models=[{"name": "x-1"}, {"name": "y-1"}], **more)
    assert decide(talk, situation).args == args


def test_situation_survives_the_prompt():
    situation = Situation(
        ["f.csv"], ["数据.csv"], [{"name": "m", "status": "deployed"}], ["job-1"], None, "admin"
    )
    assert Situation.from_prompt(f"You are helpful.\n{situation.to_prompt()}\nBe brief.") == situation
    assert Situation.from_prompt("nothing here") == Situation()


def test_every_suggested_step_is_understood():
    from assistant.brain.ask import OFFERS

    situation = Situation(files=["a.csv"], models=["x-1", "y-1"], jobs=["job-1"])
    for tool, (_, _, english, chinese) in OFFERS.items():
        assert _ask(english, situation).tool == tool, english
        assert _ask(chinese, situation).tool == tool, chinese


def test_files_that_stay_attached_do_not_stick_to_later_turns():
    attached = Situation(files=["b.csv", "a.csv"], datasets=["b.csv", "a.csv"], models=["x-1", "y-1"])
    talk = [
        {"role": "user", "content": "what is in a.csv?"},
        {"role": "assistant", "content": "a.csv has 4 rows."},
        {"role": "user", "content": "train on it"},
    ]
    assert decide(talk, attached).args == {"dataset": "a.csv"}
    only = Situation(files=["a.csv"], datasets=["a.csv"], models=["x-1"])
    assert decide([*talk[:2], {"role": "user", "content": "how good is x-1?"}], only).args == {"model": "x-1"}
    assert decide([*talk[:2], {"role": "user", "content": "what is in this new file?"}], attached).args == {
        "dataset": "b.csv"
    }


def test_a_word_of_a_models_name_is_no_file():
    there = Situation(
        files=["marked.xlsx"],
        datasets=["refund_train.csv"],
        models=[{"name": "refund-cls"}, {"name": "mail-tag"}],
    )
    found = _ask("how accurate is refund-cls on this?", there)
    assert (found.tool, found.args) == (
        "evaluate_model",
        {"model": "refund-cls", "dataset": "marked.xlsx"},
    )


def test_the_one_just_trained_is_that_of_the_talk():
    talk = [
        {"role": "user", "content": "train on notes.csv and call it notes-tone"},
        {"role": "assistant", "content": "Training is finished, notes-tone is saved."},
        {"role": "user", "content": "test the new model on notes_test.csv"},
    ]
    there = Situation(
        datasets=["notes.csv", "notes_test.csv"], models=[{"name": "old-tone"}, {"name": "notes-tone"}]
    )
    assert decide(talk, there).args == {"model": "notes-tone", "dataset": "notes_test.csv"}


def test_a_job_is_known_by_its_file():
    talk = [
        {"role": "user", "content": "any jobs running?"},
        {"role": "assistant", "content": "Yes, two: job-71 on camp_mails.csv and job-72 on oven_faq.csv."},
        {"role": "user", "content": "stop the one on oven_faq.csv"},
    ]
    there = Situation(datasets=["camp_mails.csv", "oven_faq.csv"], jobs=[{"id": "job-71"}, {"id": "job-72"}])
    assert decide(talk, there).args == {"job": "job-72"}


@pytest.mark.parametrize(
    "text", ["我叫<PERSON>，电话<CN_PHONE>", "我的邮箱是<EMAIL_ADDRESS>", "联系<PERSON>，他住在<LOCATION>"]
)
def test_a_text_ends_with_its_last_placeholder(text: str):
    assert _ask(f"给这段文字脱敏：{text}").args == {"text": text}


@pytest.mark.parametrize("words", ["try it on", "ok, now test that model with", "please run it on this:"])
def test_it_is_tried_on_a_quotation_after_a_training(words: str):
    done = "The training is done: **x-1** is ready.\n8 of 292 labels look wrong. Mend those, and train again."
    talk = [
        {"role": "user", "content": "fine-tune a classifier on a.csv with lora"},
        {"role": "assistant", "content": done},
        {"role": "user", "content": f"{words} 'where is my parcel? It is Monday'"},
    ]
    found = decide(talk, Situation(datasets=["a.csv"], models=[{"name": "x-1"}]))
    assert (found.tool, found.options) == ("predict", [])
    assert found.args == {"model": "x-1", "text": "where is my parcel? It is Monday"}


EXPLAINED = Situation(
    models=[
        {"name": "names", "task": "token-classification"},
        {"name": "finder", "task": "embedding"},
        {"name": "digits", "task": "image-classification"},
        {"name": "router", "task": "text-classification"},
        {"name": "router-old", "task": "text-classification"},
    ]
)


@pytest.mark.parametrize(
    ("words", "args"),
    [
        ("Why did digits say three for three.png?", {"model": "digits", "text": "three.png"}),
        ('Explain why names took "Anna" for a person in "Ask Anna about it"', {"model": "names", "text": "Ask Anna about it", "target": "Anna"}),
        ("为什么 names 把“北京”识别为地点，在“小王去了北京”里？", {"model": "names", "text": "小王去了北京", "target": "北京"}),
        ('Explain why router says shipping and not refund for "where is my money"', {"model": "router", "text": "where is my money"}),
        ('Why did router call "I want a refund" billing because of "refund"?', {"model": "router", "text": "I want a refund"}),
        ('Which words of the query "how long is shipping" and the passage "Parcels take three days." matched in finder?', {"model": "finder", "text": "how long is shipping", "other": "Parcels take three days."}),
        ('explain router on "where is my money" side by side with router-old', {"model": "router", "text": "where is my money", "versus": "router-old"}),
        ('why did router call "the photo.png does not open" a bug?', {"model": "router", "text": "the photo.png does not open"}),
        ('what small change would flip router\'s answer on "where is my parcel"?', {"model": "router", "text": "where is my parcel"}),
        ('what would have to change in "where is my parcel" for router to say refund?', {"model": "router", "text": "where is my parcel"}),
        ('explain router on "where is my parcel" for the label report', {"model": "router", "text": "where is my parcel", "target": "report"}),
        ('explain router on "where is my parcel" for the label "lost card"', {"model": "router", "text": "where is my parcel", "target": "lost card"}),
        ('why did router call "Please help <PERSON>, her mail is <EMAIL_ADDRESS>" shipping?', {"model": "router", "text": "Please help <PERSON>, her mail is <EMAIL_ADDRESS>"}),
        ("why did router call “Where is <PERSON>'s parcel” shipping?", {"model": "router", "text": "Where is <PERSON>'s parcel"}),
        ("为什么 router 把“<PERSON>的包裹在哪里”归为 shipping？", {"model": "router", "text": "<PERSON>的包裹在哪里"}),
    ],
)  # fmt: skip
def test_what_an_explanation_is_asked_of(words: str, args: dict):
    found = _ask(words, EXPLAINED)
    assert (found.tool, found.args) == ("explain_prediction", args)


@pytest.mark.parametrize(
    ("words", "doubts"),
    [
        ("Why did you say that?", True),
        ("Which passage does this answer rest on?", True),
        ("where did you get that from", True),
        ("How do you know?", True),
        ("你怎么知道的？", True),
        ("这个回答的依据是什么", True),
        ("why did router-old say refund?", False),
        ("Where is the office?", False),
        ("which documents do we have", False),
        ("What is that based on, and how long do refunds take for books?", False),
    ],
)
def test_an_answer_from_the_documents_may_be_doubted(words: str, doubts: bool):
    question = "How long do refunds take?"
    talk = [{"role": "user", "content": question}, {"role": "assistant", "content": "Three days. [1]"}]
    found = decide([*talk, {"role": "user", "content": words}], EXPLAINED)
    assert (found.args == {"query": question, "why": True}) == doubts
    uncited = [talk[0], {"role": "assistant", "content": "refund (0.9)"}, {"role": "user", "content": words}]
    assert "why" not in decide(uncited, EXPLAINED).args


@pytest.mark.parametrize(
    ("before", "words", "situation", "args"),
    [
        (["evaluate complaints-1", "accuracy 91 %"], "try it on: my orders are late and nobody answers", ["complaints-1", "orders-1"],
         {"model": "complaints-1", "text": "my orders are late and nobody answers"}),
        (["评估物流分类", "准确率 91 %"], "那它怎么看：我的退款还没到", ["物流分类", "退款分类"], {"model": "物流分类", "text": "我的退款还没到"}),
        (["evaluate mood-1", "accuracy 91 %"], "explain it for: I bought 2 shoes and love them", ["mood-1", "mood-2"],
         {"model": "mood-1", "text": "I bought 2 shoes and love them"}),
        ([], "classify with mood-1: my order says \"delivered\" but nothing came today", ["mood-1", "mood-2"],
         {"model": "mood-1", "text": "my order says \"delivered\" but nothing came today"}),
    ],
)  # fmt: skip
def test_words_of_a_text_name_no_model(before: list[str], words: str, situation: list[str], args: dict):
    talk = [
        {"role": ("user", "assistant")[at % 2], "content": said} for at, said in enumerate([*before, words])
    ]
    assert decide(talk, Situation(models=situation)).args == args


def test_a_number_of_epochs_names_no_file():
    talk = [
        {"role": "user", "content": "what is in tickets-1.csv?"},
        {"role": "assistant", "content": "tickets-1.csv has 365 rows."},
        {"role": "user", "content": "ok train on it for 2 epochs"},
    ]
    found = decide(talk, Situation(datasets=["tickets-1.csv", "tickets-2.csv"]))
    assert found.args == {"dataset": "tickets-1.csv", "epochs": 2}


def test_digits_of_a_name_are_no_epochs():
    found = _ask("fine-tune a classifier on a.csv and call it 2fast")
    assert found.args == {"dataset": "a.csv", "name": "2fast"}


def test_a_column_is_known_whole_from_the_look_into_its_file():
    columns = [{"name": "customer message"}, {"name": "ticket type"}]
    talk = [
        {"role": "user", "content": "what is in a.csv?"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"name": "inspect_dataset", "args": {"dataset": "a.csv"}, "id": "1"}],
        },
        {"role": "tool", "tool_call_id": "1", "content": json.dumps({"rows": 9, "columns": columns})},
        {"role": "assistant", "content": "a.csv has 9 rows."},
        {"role": "user", "content": "train on it, the label column is ticket type"},
    ]
    assert decide(talk, TWO).args == {"dataset": "a.csv", "label_column": "ticket type"}


@pytest.mark.parametrize(
    ("said", "text", "looked_into", "column"),
    [
        ("text", "train with text as the text column and text_label as the label", "a.csv", "text"),
        (
            "text_label",
            "train with text as the text column and text_label as the label",
            "a.csv",
            "text_label",
        ),
        ("text", "train on a.csv, text label is the label", "a.csv", "text label"),
        ("Text", "train with Text as the text column", "a.csv", "text"),
        ("text", "train on b.csv, the label is text label", "a.csv", "text"),
    ],
)
def test_a_column_that_is_there_is_no_longer_one(said: str, text: str, looked_into: str, column: str):
    columns = ["id", "text", "text_label", "text label"]
    context = Context(columns=columns, looked_into=looked_into)
    asked = Asked(Reading({"finetune_model": 1.0}, {"new": 1.0}), find_mentions(text, TWO), context, TWO)
    assert _header(said, asked) == column


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("option one", "1"),
        ("no. 2", "2"),
        ("number one", "1"),
        ("no one", None),
        ("no, one", None),
        ("I want one", None),
    ],
)
def test_one_is_not_the_first(words: str, place: str | None):
    assert picked_place(words) == place


@pytest.mark.parametrize(
    ("words", "method"), [("option 2", "lora"), ("#1", "head"), ("the last one", "lora"), ("方案二", "lora")]
)
def test_a_plan_is_picked_by_its_number(words: str, method: str):
    offer = "Option 1: head, 8 epochs. Option 2: lora, 3 epochs. Which one?"
    talk = [
        {"role": "user", "content": "what would you train on a.csv?"},
        {"role": "assistant", "content": offer},
        {"role": "user", "content": words},
    ]
    found = decide(talk, TWO)
    assert found.tool == "finetune_model" and found.args["method"] == method


def test_a_bare_learning_rate_is_one_of_a_training():
    rate = "lr one point five e minus five"
    proposal = "I would fine-tune minilm on a.csv with lora for 3 epochs. Shall I start?"
    talk = [{"role": "user", "content": "train on a.csv"}, {"role": "assistant", "content": proposal}]
    found = decide([*talk, {"role": "user", "content": rate}], TWO)
    assert found.tool == "finetune_model" and found.args["learning_rate"] == 1.5e-5
    assert found.args["dataset"] == "a.csv" and found.args["method"] == "lora"
    alone = _ask(rate)
    assert (alone.tool, alone.args, alone.missing) == (
        "finetune_model",
        {"learning_rate": 1.5e-5},
        ["dataset"],
    )


JOBS = Situation(
    datasets=["train.csv", "test.csv", "unlabeled.csv"],
    models=[{"name": "router"}],
    jobs=[{"id": "job-3", "status": "running"}, {"id": "job-2", "status": "cancelled"}, {"id": "job-1", "status": "failed"}],
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "job"),
    [
        ("let job-3 continue", "job-3"),
        ("restart job-3", "job-3"),
        ("Continue the cancelled training", None),
        ("Let the failed job go on from its last checkpoint", "job-1"),
        ("resume job-2", "job-2"),
        ("pick job-2 up where it left off", "job-2"),
        ("resume the stopped training to the end", None),
        ("can you carry on with job-2?", "job-2"),
        ("Resume the training", None),
        ("继续任务2", "job-2"),
        ("恢复被取消的训练", None),
        ("重新开始任务2", "job-2"),
        ("从断点继续训练 job-2", "job-2"),
    ],
)
def test_a_training_is_let_go_on_and_never_stopped_for_it(text: str, job: str | None):
    found = _ask(text, JOBS)
    assert (found.tool, found.args, found.options) == ("resume_job", {"job": job} if job else {}, [])
    assert _ask(text, JOBS, allowed=["show_job", "cancel_job"]).tool == "show_job"


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("stop job-3, don't let it continue", "cancel_job"),
        ("cancel job-3, we will restart it later", "cancel_job"),
        ("I don't want job-3 to go on", "cancel_job"),
        ("别让 job-3 继续了", "cancel_job"),
        ("停止 job-3，不要继续", "cancel_job"),
        ("when will job-3 go on?", "show_job"),
        ("continue training router with train.csv", "finetune_model"),
        ("how do I resume a job?", "search_knowledge"),
    ],
)
def test_what_only_speaks_of_going_on_is_another_wish(text: str, tool: str):
    assert _ask(text, JOBS).tool == tool


@pytest.mark.parametrize(
    ("text", "status", "job"),
    [
        ("Stop the training", "running", None),
        ("停止训练", "queued", None),
        ("How is the training going?", "succeeded", "job-3"),
        ("How is it going?", "succeeded", "job-4"),
    ],
)
def test_the_training_is_not_the_work_on_documents_that_was_spoken_of(
    text: str, status: str, job: str | None
):
    known = [
        {"id": "job-4", "kind": "add_documents", "status": "running"},
        {"id": "job-3", "kind": "finetune", "status": status},
    ]
    told = [
        {"role": "user", "content": "show job-4"},
        {"role": "assistant", "content": "**job-4** is 40 % done."},
    ]
    found = decide([*told, {"role": "user", "content": text}], Situation(jobs=known))
    assert found.tool in ("show_job", "cancel_job") and found.args.get("job") == job


def test_a_yes_to_going_on_is_one():
    waiting = Situation(jobs=JOBS.jobs, open_approval={"tool": "resume_job", "args": {"job": "job-2"}})
    for yes in ("yes", "resume it", "好的，恢复吧"):
        assert (_ask(yes, waiting).tool, _ask(yes, waiting).args) == ("resume_job", {"job": "job-2"})
    assert _ask("no", waiting).tool is None


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("train on train.csv with batch size 32", {"batch_size": 32}),
        ("fine-tune minilm on train.csv, seed 7", {"base_model": "minilm", "seed": 7}),
        ("train on train.csv, batch_size=8, 3 epochs", {"batch_size": 8, "epochs": 3}),
        ("train on train.csv in batches of sixteen", {"batch_size": 16}),
        ("train on train.csv with max length 256", {}),
        ("train on train.csv, lora rank 16", {"method": "lora"}),
        ("Fine-tune a classifier on train.csv and test it on test.csv", {"test_data": "test.csv"}),
        ("train on train.csv, hold out test.csv", {"test_data": "test.csv"}),
        ("train on train.csv and use unlabeled.csv as unlabeled data too", {"unlabeled": "unlabeled.csv"}),
        ("train on train.csv, search for the best learning rate for 10 minutes", {"search": 10.0}),
        ("用 train.csv 训练，批大小 32，随机种子 7，3轮", {"batch_size": 32, "seed": 7, "epochs": 3}),
        ("用 train.csv 训练，unlabeled.csv 是未标注的数据", {"unlabeled": "unlabeled.csv"}),
    ],
)
def test_options_of_a_training_are_understood_and_no_epochs(text: str, args: dict):
    found = _ask(text, JOBS)
    assert (found.tool, found.args) == ("finetune_model", {"dataset": "train.csv", **args})
