"""What Countersign is, in the words of its own documents."""

from random import Random

from .example import Example, ask, phrase
from .fact import Fact, about

FACTS = [
    Fact(
        ("Countersign", "this project", "this software", "the Countersign network"),
        (
            "What is this?",
            "Explain this project in one sentence",
            "What does Countersign do?",
            "Summarise Countersign",
        ),
        "Countersign is an open network for accountable AI. Every answer leaves with a signed receipt that "
        "anyone can check, a grade that says how strong the check is, and a name for everyone who answers "
        "for it.",
    ),
    Fact(
        ("a receipt", "the receipt", "a signed receipt", "a Countersign receipt"),
        ("What is in a receipt?", "What does a receipt say?", "What does a receipt prove?"),
        "A receipt is the operator's signed statement about one exchange: which model was asked for, which "
        "one served it, and commitments to the request and the response. Anyone can check it offline.",
    ),
    Fact(
        ("an opening", "the opening", "the countersign-opening header"),
        (
            "What is the secret of an exchange?",
            "What do I need to check my content?",
            "Why should I keep the opening?",
        ),
        "An opening is the 32-byte secret of one exchange. Whoever holds it can check content against the "
        "receipt; nobody else can even guess at it. Keep it safe.",
    ),
    Fact(
        ("a commitment", "the commitment", "a salted commitment"),
        (
            "Is my text in the receipt?",
            "Is my prompt public?",
            "Can others read my prompt?",
            "Is my content in the log?",
        ),
        "A commitment is a salted digest of content. It binds the receipt to exact bytes without showing "
        "them. Destroy the opening and the content, and nothing can be learned from the log.",
    ),
    Fact(
        ("an exchange", "one exchange"),
        ("What counts as an exchange?",),
        "An exchange is one request with its response, refusal, error or abort.",
    ),
    Fact(
        ("the log", "a transparency log", "the public log", "the Countersign log"),
        ("Where are receipts kept?", "Where do receipts go?", "Can a receipt be deleted later?"),
        "The log is a public, append-only list of receipts in a Merkle tree. Nothing personal enters it. An "
        "entry cannot be changed or removed without anyone being able to notice.",
    ),
    Fact(
        ("a witness", "the witness", "witnesses", "an independent witness"),
        ("Who watches the log?", "Who co-signs the log?", "What do witnesses do?"),
        "A witness is a party that co-signs the log's checkpoints after checking that the log only grew. "
        "With witnesses, the log cannot show two people two histories unnoticed.",
    ),
    Fact(
        ("a cosignature", "the cosignature"),
        ("What do witnesses sign?",),
        "A cosignature is a witness's signature over a checkpoint, with the time at which it was made.",
    ),
    Fact(
        ("a checkpoint", "the checkpoint"),
        ("What does the log sign?",),
        "A checkpoint is the log's signed statement of its size and of the root of its tree.",
    ),
    Fact(
        ("a proof", "an inclusion proof", "a tlog-proof"),
        ("How do I know that a receipt is in the log?",),
        "A proof shows that a receipt is in the log: an index, a few hashes and a signed checkpoint. Anyone "
        "can check it offline.",
    ),
    Fact(
        ("a promise", "the promise", "the deadline"),
        ("What does a receipt promise?",),
        "A promise is the receipt's own clause that it will be in the log by a deadline. A broken promise "
        "can be proven.",
    ),
    Fact(
        ("a grade", "the grade", "a strength grade", "grading"),
        ("How strong is the check?", "What are the four facts?", "Which facts are graded?"),
        "Four facts are graded, each on its own: the model, the place, unchanged and logged, and the "
        "answer. No fact lifts another, and there is no total.",
    ),
    Fact(
        ("an issuer", "the issuer"),
        ("Who signs receipts?", "Who signs a receipt?"),
        "An issuer is the process that signs receipts. One run of it is an epoch, with its own random "
        "number.",
    ),
    Fact(("an epoch", "the epoch"), (), "An epoch is one run of one issuer process. A crash ends it."),
    Fact(
        ("a counter", "the counter"),
        (),
        "A counter is the number that the issuer gives a client's exchange when it accepts the request. A "
        "gap shows that something was withheld.",
    ),
    Fact(
        ("evidence", "the evidence"),
        (),
        "Evidence is bytes from elsewhere that support a claim: a hardware quote, a provider's signature, a "
        "proof or a recomputation.",
    ),
    Fact(
        ("a claim", "the claim", "claims"),
        (),
        "A claim is one statement with a status: asserted, verified, refuted, unknown or not-applicable. "
        "Unknown never reads as a pass.",
    ),
    Fact(
        ("a policy", "an appraisal policy", "the policy"),
        ("Who decides what must be checked?",),
        "An appraisal policy says what a relying party requires. It is fixed and logged before the exchange.",
    ),
    Fact(
        ("a verdict", "the verdict", "verdicts"),
        (),
        "A verdict is a verifier's signed result, clause by clause, on one receipt under one policy at one "
        "time.",
    ),
    Fact(
        ("a dispute", "disputes"),
        ("What happens when two verifiers disagree?", "What if verifiers disagree?"),
        "A dispute starts when two verdicts differ or a receipt is challenged. The clause that differs is "
        "run again, and what code can decide, code decides. It ends in a ruling.",
    ),
    Fact(
        ("a case", "opening a case"),
        ("Can I contest a decision?", "How do I complain?", "What if a decision harms me?"),
        "A case is a person's contest of a decision. A clock runs, silence loses, and the outcome is "
        "logged. Nobody needs an account to open one.",
    ),
    Fact(
        ("a remedy", "remedies"),
        ("What happens when a check fails?", "What happens when verification fails?"),
        "A remedy is what a failed check or a ruling triggers: refund, slash, revoke, correct or notify. "
        "The policy says so before the call, and the failure is itself logged.",
    ),
    Fact(
        ("a controller", "controllers"),
        ("How is decentralisation counted?",),
        "A controller is the person or company that can make keys act. One controller may hold many keys, "
        "so Countersign counts controllers, not keys.",
    ),
    Fact(
        ("a bundle", "the bundle"), (), "A bundle is a receipt together with its proof, if there is one yet."
    ),
    Fact(
        ("a vault", "the vault"),
        ("Where is my content kept?",),
        "The vault keeps content and openings, each exchange under its own key. Erasing an exchange "
        "destroys that key.",
    ),
    Fact(
        ("a verifier", "the verifier"),
        ("How do I verify a receipt?", "How do I check a receipt?", "Can I verify offline?"),
        "To verify a receipt you need no server: check the signature, the commitments and the proof, in a "
        "shell or a browser. With the opening you can check the content too.",
    ),
    Fact(
        ("a gateway", "the gateway"),
        ("How do I use Countersign?", "How do I get a receipt?", "How do I start?"),
        "The gateway stands between your application and a model. Point the OpenAI SDK's base URL at it, "
        "change nothing else, and every answer gets a receipt.",
    ),
    Fact(
        ("an operator", "the operator"),
        (),
        "An operator runs a gateway or a model node, signs for what it did, and answers for it.",
    ),
    Fact(
        ("a responsibility chain", "the responsibility chain"),
        ("Who is accountable?", "Who answers for an answer?", "Who is responsible?"),
        "Every receipt names who answers: controller, operator, key, model publisher, policy author and "
        "human gate.",
    ),
    Fact(
        (),
        (
            "Does a receipt mean the answer is right?",
            "Does verified mean good?",
            "Is a verified answer correct?",
            "Is this answer true?",
            "Does a receipt prove that the answer is good?",
            "Can I trust the answer?",
            "If it is signed, is it true?",
            "Are verified answers correct?",
            "Does a signature make an answer true?",
        ),
        "No. A receipt shows what was asked, what was answered and who signed for it. It never says that "
        "the answer is good. I am a good example: signed, and often wrong.",
    ),
    Fact(
        (),
        (
            "Is there a token?",
            "Do I need a token?",
            "Is there a coin?",
            "Does Countersign have a token?",
            "Do I need a blockchain?",
            "Is this a blockchain?",
            "Do I need crypto?",
        ),
        "No. There is no new chain and no required token. Every check works without one.",
    ),
    Fact(
        (),
        (
            "Who gets the fees?",
            "What does Countersign cost?",
            "Who collects the fees?",
            "How much does it cost?",
            "Does the protocol take a fee?",
        ),
        "Every receipt itemises its price and who gets each part. The protocol's share is zero.",
    ),
    Fact(
        (),
        (
            "Where did the model run?",
            "Where does the model run?",
            "Where are you running?",
            "Where do you run?",
            "On which machine do you run?",
        ),
        "I run inside the gateway, on the machine that started it, without any network. A receipt can say "
        "so, but only hardware evidence could verify the place.",
    ),
    Fact(
        (),
        (
            "What language is Countersign written in?",
            "Is Countersign written in TypeScript?",
            "In what language is it written?",
            "What is the code written in?",
        ),
        "Countersign is written in TypeScript and runs on Node.",
    ),
    Fact(
        (),
        (
            "Can the receipt be forged?",
            "Can somebody fake a receipt?",
            "Can I fake a receipt?",
            "Can a receipt be changed?",
            "Is a receipt safe from tampering?",
        ),
        "Change one byte of a receipt or of its content and the check fails. Only the holder of the "
        "issuer's key can sign, and the log shows what was signed.",
    ),
    Fact(
        (),
        (
            "Does it work with streaming?",
            "Do streams get receipts?",
            "Can I stream?",
            "How do receipts work with streams?",
        ),
        "Yes. A stream gets a chain of hashes over its events, and the signed receipt comes right before "
        "the end.",
    ),
    Fact(
        (),
        (
            "Which model answers by default?",
            "What is the default model?",
            "Which models are there?",
            "What models can I use?",
        ),
        "By default I answer: countersign-demo, the built-in demonstration model. A provider is used only "
        "when the operator names one.",
    ),
]

OVERVIEW = (
    "Countersign puts a gateway between your application and a model. For every exchange the gateway signs "
    "a receipt: which model was asked for, which one served it, and commitments to the exact bytes that "
    "passed.\n\nThe receipt goes into a public log, an append-only list in a Merkle tree. Witnesses co-sign "
    "the log, so that it cannot show two people two histories unnoticed.\n\nYou get an opening, the 32-byte "
    "secret of your exchange. With it you can check your content against the receipt, offline. Nobody else "
    "can even guess at it.\n\nFour facts are graded, each on its own: the model, the place, unchanged and "
    "logged, and the answer. A receipt never says that an answer is good. When a check fails, a policy that "
    "was fixed before the call decides what happens."
)
OVERVIEW_ASKING = [
    "Tell me everything about Countersign",
    "Explain Countersign in detail",
    "How does Countersign work?",
    "Give me a long explanation of Countersign",
    "How does it all work?",
    "Write a long text about Countersign",
    "Explain how Countersign works.",
    "Describe Countersign at length",
    "I want to know all about Countersign",
    "Write an essay about Countersign",
    "Explain receipts in detail",
    "Give me an overview of Countersign",
    "Tell me more about how this works",
    "Write three paragraphs about Countersign",
]


def fact(rng: Random) -> Example:
    return about(rng, "facts", FACTS)


def overview(rng: Random) -> Example:
    form, question = phrase(rng, OVERVIEW_ASKING)
    return ask(rng, "overview", str(form), question, OVERVIEW)
