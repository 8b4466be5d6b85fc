/** Generated from spec/reasons.json by scripts/generate.mjs; do not edit. */

/** The reasons that verifying a bundle can give. */
export const CORE_REASONS = {
  'json/malformed': {
    says: 'These bytes are not JSON.',
    do: 'Use the bytes exactly as they were issued.',
  },
  'json/not-canonical': {
    says: 'This JSON is not in canonical form (RFC 8785).',
    do: 'Use the bytes exactly as they were issued; do not reformat or re-encode them.',
  },
  'note/malformed': {
    says: 'This is not a signed note (C2SP signed-note).',
    do: 'Fetch the note again from where it is published.',
  },
  'note/key-malformed': {
    says: 'This is not a verifier key (name+hash+base64).',
    do: 'Copy the key again from its publisher.',
  },
  'note/signature-invalid': {
    says: 'A signature by a key that you know does not verify.',
    do: 'Treat the note as forged or damaged; ask for it again from another source.',
  },
  'checkpoint/malformed': {
    says: 'This is not a checkpoint (C2SP tlog-checkpoint).',
    do: 'Fetch the checkpoint again from the log.',
  },
  'checkpoint/origin-mismatch': {
    says: 'The checkpoint is of another log.',
    do: 'Use the trust file of the log that the receipt names.',
  },
  'checkpoint/log-signature-missing': {
    says: 'The log itself has not signed this checkpoint.',
    do: 'Fetch the proof again; if it stays so, the proof does not come from this log.',
  },
  'checkpoint/log-key-retired': {
    says: 'The checkpoint is signed only by a key of the log that no longer counted for a tree of that size.',
    do: 'Fetch the proof again; if it stays so, somebody uses an old key of the log.',
  },
  'witness/quorum-not-met': {
    says: 'Fewer witnesses have cosigned than the policy asks for, as of the time asked about.',
    do: 'Fetch the bundle again with ?wait=witnessed, or ask about a later time.',
  },
  'witness/not-asked': {
    says: 'The policy asks for no witnesses, and none has cosigned.',
    do: 'Name witnesses in the policy if it matters to you that others see the same log.',
  },
  'policy/malformed': {
    says: 'A line of the witness policy cannot be read (C2SP tlog-policy).',
    do: 'Correct the line that is named.',
  },
  'policy/name-duplicate': {
    says: 'A name is defined twice in the witness policy.',
    do: 'Give each log, witness and group a name of its own.',
  },
  'policy/key-duplicate': {
    says: 'One public key stands behind two names of the witness policy.',
    do: 'Remove one of the two: a key may count once.',
  },
  'policy/name-unknown': {
    says: 'The witness policy uses a name before it is defined.',
    do: 'Define witnesses and groups before the groups and the quorum that use them.',
  },
  'policy/member-reused': {
    says: 'A witness or group is a member of two groups.',
    do: 'Make it a member of one group.',
  },
  'tree/inclusion-invalid': {
    says: "The proof does not lead from this entry to the checkpoint's root.",
    do: 'Treat the bundle as altered; fetch it again from the log or a mirror.',
  },
  'tree/consistency-invalid': {
    says: 'The proof does not lead from the older root to the newer one.',
    do: 'Keep both checkpoints: together they may show that the log was rewritten.',
  },
  'tree/index-out-of-range': {
    says: "The entry's index is not below the tree's size.",
    do: 'Treat the bundle as altered; fetch it again.',
  },
  'proof/malformed': {
    says: 'This is not a proof of inclusion (C2SP tlog-proof).',
    do: 'Fetch the bundle again from the log.',
  },
  'proof/absent': {
    says: 'The bundle carries no proof that the receipt is in the log.',
    do: 'Fetch the bundle again with ?wait=witnessed.',
  },
  'proof/overdue': {
    says: 'The bundle carries no proof, and the deadline that the receipt promised has passed.',
    do: 'Fetch the bundle again; if the log cannot prove inclusion, submit the receipt and keep the answer as evidence of a broken promise.',
  },
  'proof/invalid': {
    says: 'The proof itself failed, so what stands on it was not looked at.',
    do: 'See the check that failed.',
  },
  'proof/surplus-signature': {
    says: 'The proof carries a signature line by a key that the trust file does not name, so nothing vouches for that line.',
    do: 'Add the key to your trust file if you trust it; otherwise ask for the bundle again.',
  },
  'bundle/too-large': {
    says: 'The bundle is larger than any bundle can be.',
    do: 'Check that this file is a bundle.',
  },
  'bundle/malformed': {
    says: 'This is not a bundle: a member is missing, surplus or of the wrong kind.',
    do: 'Use the bytes exactly as GET /v1/receipts/<id> returned them.',
  },
  'key/change-malformed': {
    says: 'This is not a key change: a member is missing, surplus or of the wrong kind, or two of them do not fit together.',
    do: 'If a log serves it as one, do not rely on that log; tell its operator.',
  },
  'key/proof-invalid': {
    says: 'A key that the key change is about has not agreed to it.',
    do: 'Treat it as an attempt to take over or to disable a key; it changes nothing.',
  },
  'key/change-out-of-order': {
    says: 'The key change does not follow the last one of its log.',
    do: 'Of two with one number the first in the log counts; read the history again before you write the next.',
  },
  'key/signer-unknown': {
    says: 'The key change is signed neither by an issuer in force nor by the recovery key.',
    do: "Sign it with the issuer's key of today, or with the recovery key.",
  },
  'key/unknown': {
    says: 'The key change is about a key that is not in force.',
    do: 'List the keys that are: countersign key list.',
  },
  'key/reused': {
    says: 'The new key has been used before in this log.',
    do: 'Make a new key: one that has ended never comes back, and none has two purposes.',
  },
  'key/change-forbidden': {
    says: 'Who signed the key change may not do what it says.',
    do: 'Looking back and choosing a successor for a revoked key take the recovery key.',
  },
  'key/retired': {
    says: "The issuer's key had been rotated away before the receipt entered the log.",
    do: 'Treat the receipt as forged with an old key; ask the operator for the one under the new key.',
  },
  'key/revoked': {
    says: "The issuer's key had been revoked before the receipt entered the log.",
    do: 'Treat the receipt as forged with a stolen key.',
  },
  'key/disowned': {
    says: "The operator has said since that the issuer's key was already stolen when the receipt entered the log.",
    do: 'Nobody can tell it from a forgery. If the answer was genuine, keep it with its opening: that the operator disowns it is in the log.',
  },
  'key/standing-unknown': {
    says: "The issuer's key no longer signs, and without a valid proof nobody can know whether it signed this while it counted.",
    do: 'Fetch the bundle again with ?wait=witnessed.',
  },
  'trust/missing': {
    says: "There is no trust file, so nobody's signature can be judged.",
    do: 'Pass --trust FILE, with the file from the operator or, better, from somebody who watches it.',
  },
  'trust/malformed': {
    says: 'The trust file is not one.',
    do: 'Correct what is named; the schema is spec/schemas/trust.json.',
  },
  'envelope/malformed': {
    says: 'This is not a DSSE envelope with exactly one signature.',
    do: 'Use the bytes exactly as they were issued.',
  },
  'envelope/type-unknown': {
    says: "The envelope's payload is of a type that this version does not know.",
    do: 'Use a version of Countersign that knows it.',
  },
  'envelope/issuer-mismatch': {
    says: 'The envelope names another key than the signed receipt does.',
    do: 'Treat the receipt as altered.',
  },
  'envelope/issuer-unknown': {
    says: 'The receipt is signed by a key that your trust file does not name.',
    do: 'Check that the trust file is the one of this operator.',
  },
  'envelope/signature-invalid': {
    says: "The issuer's signature does not match the receipt.",
    do: 'Treat the receipt as forged or altered.',
  },
  'acceptance/malformed': {
    says: 'The signed payload is not an acceptance of this version.',
    do: 'Report it to the issuer: it signed something that is not an acceptance.',
  },
  'acceptance/mismatch': {
    says: "The acceptance in the stream is not this exchange's.",
    do: 'Keep both: an acceptance and a receipt of one issuer that disagree are evidence against it.',
  },
  'acceptance/signature-invalid': {
    says: "The issuer's signature does not match the acceptance in the stream.",
    do: 'Treat the stream as altered.',
  },
  'entry/malformed': {
    says: 'The signed payload is not a log entry of the type it states.',
    do: 'Report it to the issuer: it signed something that is not what it says.',
  },
  'closing/malformed': {
    says: 'The closing statement has a member that is missing, surplus, of another form, or that contradicts another.',
    do: 'Do not rely on it; ask its issuer for the one that the log has.',
  },
  'closing/leaf-malformed': {
    says: 'A leaf of a closing is not one that an honest issuer would write.',
    do: 'Keep it with its proof: an issuer who signs such a root says nothing that can be relied on.',
  },
  'receipt/malformed': {
    says: 'The signed payload is not a receipt of this version.',
    do: 'Report it to the issuer: it signed something that is not a receipt.',
  },
  'receipt/log-mismatch': {
    says: 'The receipt promises inclusion in another log than the one in the trust file.',
    do: 'Use the trust file of the log that the receipt names.',
  },
  'receipt/order-impossible': {
    says: 'The receipt refers to a part of the log that came after the receipt itself.',
    do: 'Report it to the issuer: it signed something that cannot have been so.',
  },
  'receipt/time-order': {
    says: "The receipt's own times are out of order.",
    do: 'Report it to the issuer: its clock or its receipt is wrong.',
  },
  'receipt/time-contradicted': {
    says: 'A witness cosigned a log with this receipt in it before the receipt says it was made.',
    do: 'Report it to the issuer and to the witness: one of their clocks is wrong.',
  },
  'receipt/time-future': {
    says: 'The receipt says it was made after the time asked about.',
    do: 'Check your clock, or the --as-of that you gave.',
  },
  'content/not-given': {
    says: 'The content was not given, so it could not be compared.',
    do: 'Pass the exact bytes that were sent or received.',
  },
  'content/opening-needed': {
    says: "Content cannot be compared without the exchange's opening.",
    do: 'Pass --opening with the value of the countersign-opening header.',
  },
  'content/opening-malformed': {
    says: 'The opening is not 32 bytes of base64url.',
    do: 'Copy the countersign-opening header again.',
  },
  'content/request-mismatch': {
    says: "The request is not the one that the receipt commits to, or the opening is not this exchange's.",
    do: 'Check the opening, then that the file holds the exact bytes that were sent; if both are right, the receipt is about something else.',
  },
  'content/request-partial': {
    says: 'The gateway refused before it had the whole request, so the receipt commits to none of it.',
    do: 'Nothing: there is no content to compare.',
  },
  'content/response-mismatch': {
    says: "The answer is not the one that the receipt commits to, or the opening is not this exchange's.",
    do: 'Check the opening, then that the file holds the exact bytes that came, all of them: a stream that was cut off on its way cannot be compared. If both are right, the answer was changed after it was signed.',
  },
  'content/response-unsigned': {
    says: 'The receipt says that no response was sent, so there is nothing to compare this one with.',
    do: 'Check that the response belongs to this exchange.',
  },
  'content/image-mismatch': {
    says: "The image is none of those that the receipt commits to, or the opening is not this exchange's.",
    do: 'Check the opening, then that the file holds the image as the answer had it, not scaled, edited or saved anew; if both are right, the image is from somewhere else.',
  },
  'content/image-unlisted': {
    says: 'The answer has so many images that the receipt commits to all of them together, so that one alone cannot be compared.',
    do: 'Pass the whole answer with --response.',
  },
  'content/inline-invalid': {
    says: "What stands in the stream in the receipt's place is not the receipt, nor signed by the issuer.",
    do: 'Treat the stream as altered.',
  },
  'content/inline-mismatch': {
    says: 'The receipt inside the stream is not the one in the bundle.',
    do: 'Keep both: two receipts of one exchange are evidence against their issuer.',
  },
  'epoch/not-checked': {
    says: "Whether the issuer's epoch was logged before this receipt needs the log itself, not only the bundle.",
    do: 'Follow the log with a monitor.',
  },
  'upstream/garbage': {
    says: "The upstream answered with something that is not the API's answer.",
    do: 'Check that the address is that of an OpenAI-compatible API, /v1 included.',
  },
  'upstream/oversized': {
    says: "The upstream's answer is over the gateway's limit.",
    do: 'Ask for less, or ask the operator to raise the limit.',
  },
  'revocation/model': {
    says: 'The weights that the receipt names were revoked by the time that is asked about.',
    do: 'Do not rely on which model answered; ask about an earlier time to know what was good then.',
  },
  'revocation/unrelated': {
    says: 'The bundle carries a revocation that the receipt cannot be concerned by.',
    do: 'Fetch the bundle again from the gateway that issued the receipt.',
  },
  'clause/upstream-refused': {
    says: 'The policy does not let this upstream be asked.',
    do: "Ask for a model of an upstream that the policy allows, or ask the gateway's operator.",
  },
  'clause/policy-mismatch': {
    says: 'The receipt names another policy than this one.',
    do: 'Use the entry of the log at the index that the receipt names.',
  },
  'clause/rule-unknown': {
    says: 'The receipt names a rule that its policy has not, or none where something was sent.',
    do: 'Report it to the issuer: it did not follow the policy that it logged.',
  },
  'clause/finding-unfounded': {
    says: 'The receipt tells of a failed check, or of a consequence, that its rule has not.',
    do: 'Report it to the issuer: it did not follow the policy that it logged.',
  },
  'clause/finding-ignored': {
    says: 'The receipt tells of a failed check that had to stop the answer, and of an answer that passed.',
    do: 'Report it to the issuer: it did not follow the policy that it logged.',
  },
  'clause/finding-omitted': {
    says: 'The receipt itself shows that a check of its rule failed, and does not say so.',
    do: 'Report it to the issuer: it did not follow the policy that it logged.',
  },
  'clause/responsibility-differs': {
    says: 'The receipt leaves out somebody who answers for the exchange under its rule.',
    do: 'Report it to the issuer: it did not follow the policy that it logged.',
  },
} as const;

/** What follows the slash in all other codes that a receipt may have, by what stands before it. */
export const OTHER_CODES = {
  cbor: 'malformed',
  der: 'malformed',
  certificate:
    'algorithm-unsupported chain-too-long expired extension-unknown issuer-mismatch malformed not-an-authority not-yet-valid on-hold path-too-long revoked root-unknown signature-invalid',
  revocation:
    'chip expired extension-unknown full issuer-mismatch key-of-log malformed measurement not-yet-valid partial repeated signature-invalid signer since-future tcb value-malformed',
  ocsp: 'expired malformed not-yet-valid responder-unauthorized signature-invalid status-unknown unsuccessful',
  nvidia:
    'architecture-mismatch architecture-refused bios-refused chain-shape debug-enabled device-unknown driver-refused file-malformed firmware-id-absent firmware-id-mismatch malformed measurement-mismatch mode-refused nonce-mismatch nonce-not-given reference-conflict reference-empty reference-not-given reference-unverified revocation-not-given rim-digest-mismatch rim-malformed rim-product-mismatch rim-signature-invalid rim-version-mismatch signature-invalid signer-unfit',
  nras: 'algorithm-unsupported claim-refused devices-mismatch expired issuer-mismatch key-unknown key-untrusted keys-malformed malformed nonce-mismatch nonce-not-given not-yet-valid result-negative signature-invalid',
  evidence: 'certificates-missing kind-unknown policy-malformed prerequisite-failed simulated',
  nitro:
    'algorithm-unsupported debug from-the-future malformed measurement-refused nonce-mismatch public-key-mismatch signature-invalid signer-unsuitable stale user-data-mismatch',
  snp: 'algorithm-unsupported chip-masked chip-mismatch debug endorsement-malformed host-data-mismatch malformed measurement-refused migration-agent minimum-tcb-not-given product-mismatch product-refused report-data-mismatch revocation-unknown signature-invalid signer-unsuitable signing-key-mismatch tcb-mismatch tcb-refused version-unsupported vmpl-refused',
  quote:
    'advisory-open certification-unsupported debug key-type-unsupported key-unbound malformed measurement-refused pck-malformed qe-attributes-mismatch qe-miscselect-mismatch qe-product-mismatch qe-signature-invalid qe-signer-mismatch qe-tcb-unsupported report-data-mismatch role-mismatch signature-invalid tcb-date-early tcb-status-refused tcb-unsupported tee-unknown vendor-unknown version-unsupported',
  collateral:
    'import-unknown malformed missing not-at-hand qe-identity-expired qe-identity-malformed qe-identity-mismatch qe-identity-not-yet-valid qe-identity-signature-invalid revocation-chain-mismatch tcb-info-expired tcb-info-malformed tcb-info-mismatch tcb-info-not-yet-valid tcb-info-signature-invalid',
  tdx: 'memory-exceptions-possible migration-possible module-attributes-mismatch module-signer-mismatch module-tcb-unsupported module-unknown',
  note: 'signer-unknown',
  cosignature: 'malformed',
  witness:
    'busy closing consistency-invalid cosignature-missing entries-mismatch entries-unchecked entry-refused old-size-too-large stale state-corrupt statement-changed',
  tree: 'interval-invalid subtree-invalid',
  cose: 'algorithm-unsupported key-unknown malformed origin-unprotected payload-attached signature-invalid size-mismatch size-unprotected',
  trust: 'member-malformed',
  entry: 'role-mismatch type-unknown',
  closing: 'leaves-mismatch not-logged proof-invalid proof-malformed unknown',
  epoch: 'journal-damaged journal-unavailable',
  request:
    'background-refused body-malformed encoded headers-too-large host-refused http-malformed late malformed method-refused model-unknown nonce-malformed number-inexact parameter-invalid response-not-kept route-unknown surface-unsupported too-large too-many-entries untranslatable',
  redaction: 'failed unreadable',
  upstream: 'broken circuit-open error number-inexact timeout unattested unreachable untranslatable',
  client:
    'aborted acceptance-missing answer-aborted answer-too-large checkpoints-unreconciled comment-misplaced exchange-mismatch header-malformed header-too-large nonce-mismatch nonce-missing promise-too-long receipt-differs receipt-missing receipt-replayed receipt-stale receipt-withheld record-malformed status-mismatch store-unavailable stream-cut',
  server: 'busy',
  gateway: 'busy closing fault opening',
  receipt: 'not-included pending unknown',
  log: 'behind-witness busy corrupt cosigner-failed entry-denied entry-pruned entry-too-large entry-too-young index-beyond-end minimum-beyond-checkpoint minimum-lowered mirror-behind mirror-differs mirror-forked mirror-unwitnessed not-found retention-full retention-malformed retention-unstated unavailable unwitnessed witnesses-silent',
  data: 'erasure-malformed key-ended key-exposed key-malformed key-unknown locked refunds-malformed',
  control: 'refused',
  config: 'refused restart-needed',
  archive: 'corrupt full pieces-unfit policy-malformed record-malformed unavailable unknown',
  vault: 'corrupt erased unavailable unknown',
  peer: 'answer-denied answer-malformed answer-missing answer-too-large answer-unexpected checkpoint-missing resting unreachable',
  binding:
    'convention-missing epoch-mismatch evidence-refused gpu-untied key-unsuited keys-untied nothing-bound part-missing receipt-key-mismatch several-machines statement-malformed statement-mismatch statement-silent value-mismatch',
  opengradient:
    'batch-malformed certificate-mismatch from-the-future key-malformed key-mismatch key-unattested leaf-mismatch leaves-incomplete output-mismatch request-malformed request-mismatch response-malformed root-mismatch signature-absent signature-invalid stream-unsupported tree-mismatch user-data-malformed',
  dstack: 'compose-mismatch log-malformed log-mismatch',
  near: 'kind-mismatch kind-unstated model-mismatch report-data-mismatch report-malformed request-mismatch response-mismatch signature-invalid signature-malformed signer-unattested',
  aci: 'algorithm-unsupported evidence-unsupported key-unknown keyset-expired keyset-mismatch receipt-malformed report-data-mismatch report-malformed request-mismatch response-mismatch session-evidence-mismatch session-malformed session-mismatch session-outdated signature-invalid tls-unlisted upstream-unverified version-unsupported',
  air: 'attestation-mismatch attestation-stub evaluation from-the-future key-unattested malformed measurement-mismatch mode-unknown nonce-mismatch profile-unsupported request-mismatch response-mismatch signature-invalid',
  provider:
    'answer-malformed binding-mismatch nonce-mismatch tls-mismatch tls-unbound tls-unseen unattestable',
  attestation:
    'connection-changed document-malformed excessive key-unattested late nonce-malformed none refused software-unnamed unreachable',
  attester: 'device-missing evidence-unbound unavailable',
  price: 'amount-negative list-contradicted protocol-fee sum-wrong',
  access:
    'file-malformed key-expired key-missing key-revoked key-unknown ledger-unavailable model-refused money-exhausted money-unpriced name-taken name-unknown request-over-limit requests-exhausted tokens-exhausted',
  refund: 'amount-refused repeated unpriced',
  webhook: 'address-private refused unreachable',
  clause:
    'answer-cut attestation-impossible attestation-missing buffer-needed check-repeated digest-impossible diversity-exceeded diversity-impossible diversity-repeated file-unreadable finish-missing grade-impossible grade-missed grade-unreachable key-unknown malformed model-substituted model-unpinned name-repeated none-applies party-unknown price-unknown prices-missing receipt-impossible receipt-missing redaction-empty refund-impossible reroute-impossible rule-unreachable stage-impossible team-unknown too-large trust-useless upstream-failed upstream-none upstream-unknown usage-missing',
} as const;
