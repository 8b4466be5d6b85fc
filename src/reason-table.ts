/** Generated from spec/reasons.json by scripts/generate.mjs; do not edit. */

export const REASONS = {
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
  'cosignature/malformed': {
    says: "A witness's signature line has the wrong shape.",
    do: 'Fetch the proof again.',
  },
  'witness/quorum-not-met': {
    says: 'Fewer witnesses have cosigned than the policy asks for, as of the time asked about.',
    do: 'Fetch the bundle again with ?wait=witnessed, or ask about a later time.',
  },
  'witness/not-asked': {
    says: 'The policy asks for no witnesses, and none has cosigned.',
    do: 'Name witnesses in the policy if it matters to you that others see the same log.',
  },
  'witness/old-size-too-large': {
    says: 'The log claims that the witness has seen more than the log has.',
    do: 'Send the size that the witness last cosigned.',
  },
  'witness/stale': {
    says: 'The witness has cosigned another size than the log believes.',
    do: 'Retry from the size that the witness names.',
  },
  'witness/consistency-invalid': {
    says: 'The new checkpoint does not extend the one that the witness last cosigned.',
    do: 'Keep both checkpoints: together they show that the log was rewritten.',
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
  'trust/missing': {
    says: "There is no trust file, so nobody's signature can be judged.",
    do: 'Pass --trust FILE, with the file from the operator or, better, from somebody who watches it.',
  },
  'trust/malformed': {
    says: 'The trust file is not one: it is not JSON, or has a member that it should not have, or lacks one.',
    do: 'Correct the member that is named; the schema is spec/schemas/trust.json.',
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
  'request/too-large': {
    says: "The request's body is over the gateway's limit.",
    do: 'Send less, or ask the operator to raise the limit.',
  },
  'request/malformed': {
    says: 'The request is not one that the API knows: it is not a JSON object, or a member is missing, doubled or of the wrong kind.',
    do: 'Correct the body; the message names the member.',
  },
  'request/encoded': {
    says: "The request's body is content-encoded, which the gateway does not take.",
    do: 'Send the body without content-encoding.',
  },
  'request/parameter-invalid': {
    says: 'A parameter of the request is out of range or of the wrong kind.',
    do: 'Correct the parameter that is named.',
  },
  'request/body-malformed': {
    says: "The request's body is not what this path takes, or it broke off.",
    do: 'Send the whole body in the form that the specification of this path gives.',
  },
  'request/model-unknown': {
    says: 'No upstream of this gateway has that model.',
    do: 'Ask GET /v1/models for those it has, or start the gateway with --upstream.',
  },
  'request/route-unknown': {
    says: 'The gateway has nothing at this path.',
    do: 'GET / lists the paths; the base URL of the API ends in /v1.',
  },
  'request/method-refused': {
    says: 'This path does not take that method.',
    do: 'Use the method named in the Allow header.',
  },
  'request/host-refused': {
    says: "The request's Host or Origin is not this gateway's, as in a DNS rebinding attack.",
    do: 'Use the address that the gateway printed when it started.',
  },
  'upstream/unreachable': {
    says: 'The upstream could not be reached.',
    do: 'Check that it is running and that the address is right.',
  },
  'upstream/timeout': {
    says: 'The upstream did not answer in time.',
    do: 'Try again, or give the gateway a longer limit.',
  },
  'upstream/broken': {
    says: 'The upstream stopped in the middle of its answer.',
    do: 'Try again; what came is in the signed record.',
  },
  'upstream/garbage': {
    says: "The upstream answered with something that is not the API's answer.",
    do: 'Check that the address is that of an OpenAI-compatible API, /v1 included.',
  },
  'upstream/oversized': {
    says: "The upstream's answer is over the gateway's limit.",
    do: 'Ask for less, or ask the operator to raise the limit.',
  },
  'upstream/error': {
    says: 'The upstream refused or failed, and said so itself.',
    do: 'Its own message is in the answer.',
  },
  'client/aborted': {
    says: 'The client went away before the answer was complete.',
    do: 'Nothing: the record says how far the answer got.',
  },
  'gateway/busy': {
    says: 'The gateway holds as many requests as it can at the moment.',
    do: 'Try again in a second.',
  },
  'gateway/closing': {
    says: 'The gateway is shutting down.',
    do: 'Try again in a moment.',
  },
  'gateway/fault': {
    says: 'The gateway has a fault of its own.',
    do: 'Report it, with what the gateway printed.',
  },
  'receipt/unknown': {
    says: 'The gateway knows no such exchange.',
    do: 'Check the id in the countersign-exchange header.',
  },
  'receipt/pending': {
    says: 'The exchange has not ended yet, so there is no receipt.',
    do: 'Ask again when the answer is complete.',
  },
  'log/corrupt': {
    says: 'What the log holds on disk is not what it has signed.',
    do: 'Stop, keep the folder as it is, and restore it from a mirror; never delete the checkpoint to get past this.',
  },
  'log/behind-witness': {
    says: 'A witness has seen a larger log than the one on disk, as after restoring an old backup.',
    do: 'Restore the newer entries from a mirror; a log that starts here would fork itself.',
  },
  'log/witnesses-silent': {
    says: "Too few of the log's witnesses answered at its start to know whether it has gone back behind what they have seen.",
    do: 'Start the log again when its witnesses can be reached.',
  },
  'log/unavailable': {
    says: 'The log cannot take entries, so no receipt could be kept.',
    do: "See the gateway's own messages; usually the disk is full or read-only.",
  },
  'log/entry-too-large': {
    says: 'The entry is over 65,535 bytes.',
    do: 'Report it: a receipt is never that large.',
  },
  'data/locked': {
    says: 'Another process uses this data folder.',
    do: 'Stop the other process, or pass another --data folder.',
  },
  'data/key-malformed': {
    says: 'A key file cannot be read.',
    do: 'Restore the file from your backup; never let a new key be made over it.',
  },
  'data/key-exposed': {
    says: 'A key file can be read by other users.',
    do: 'Run chmod 600 on it, and think about who could have copied it.',
  },
  'vault/unavailable': {
    says: 'The vault cannot take content, so nothing was answered.',
    do: "See the gateway's own messages; usually the disk is full or read-only.",
  },
  'vault/unknown': {
    says: 'The vault holds nothing for this exchange.',
    do: 'Check the id; content is kept only by the gateway that answered.',
  },
  'vault/corrupt': {
    says: 'What the vault holds for this exchange cannot be decrypted.',
    do: 'Restore the vault from your backup.',
  },
  'peer/unreachable': {
    says: 'The other server did not answer.',
    do: 'Check its address and that it is running; try again later.',
  },
  'peer/answer-too-large': {
    says: "The other server's answer is longer than it can be.",
    do: 'Check the address: most likely this is no server of that kind.',
  },
  'peer/answer-missing': {
    says: 'The other server does not have what it should have.',
    do: 'Try again later; a log that keeps refusing what its checkpoint covers cannot be monitored.',
  },
  'peer/answer-unexpected': {
    says: 'The other server answered with a status that its protocol does not have there.',
    do: 'Check the address, and what its operator says.',
  },
  'peer/answer-malformed': {
    says: "The other server's answer is not in the form that its protocol has.",
    do: 'Check the address; if it is right, tell its operator.',
  },
} as const;
