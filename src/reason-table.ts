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
  'cbor/malformed': {
    says: 'These bytes are not CBOR in deterministic encoding (RFC 8949 §4.2.1).',
    do: 'Use the bytes exactly as they were issued; do not decode and re-encode them.',
  },
  'der/malformed': {
    says: 'These bytes are not DER (ITU-T X.690).',
    do: 'Use the bytes exactly as they were issued; do not decode and re-encode them.',
  },
  'certificate/malformed': {
    says: 'This is not an X.509 certificate that we can read.',
    do: 'Get the certificate again from its issuer.',
  },
  'certificate/chain-too-long': {
    says: 'There are more certificates in the chain than any maker of hardware uses.',
    do: "Give only the certificates from the signer's to the vendor's root.",
  },
  'certificate/root-unknown': {
    says: "The chain does not end at a vendor's root that is pinned here.",
    do: "Check the order of the chain and that the root's certificate comes last; if it does, the evidence is of somebody else's making.",
  },
  'certificate/issuer-mismatch': {
    says: 'A certificate does not name the next one in the chain as its issuer.',
    do: "Give the chain in order, from the signer's certificate to the root's.",
  },
  'certificate/not-an-authority': {
    says: 'A certificate in the chain signs others though it may not.',
    do: 'Treat the chain as forged.',
  },
  'certificate/path-too-long': {
    says: 'An authority in the chain may not have as many authorities below it.',
    do: 'Treat the chain as forged.',
  },
  'certificate/algorithm-unsupported': {
    says: 'A certificate is signed with an algorithm that no pinned vendor uses.',
    do: 'Get the chain again from the vendor; update this program if the vendor has changed its algorithm.',
  },
  'certificate/signature-invalid': {
    says: 'The signature of a certificate in the chain does not verify.',
    do: 'Treat the chain as forged or damaged; get it again from the vendor.',
  },
  'certificate/extension-unknown': {
    says: 'A certificate has a critical extension that is not understood here.',
    do: 'Update this program; until then nothing can be said about the certificate.',
  },
  'certificate/not-yet-valid': {
    says: 'A certificate in the chain was not valid yet at the time that was asked about.',
    do: 'Check the time; if it is right, the evidence is not.',
  },
  'certificate/expired': {
    says: 'A certificate in the chain had expired at the time that was asked about.',
    do: 'Ask about the time at which the evidence was made, or get fresh evidence.',
  },
  'certificate/revoked': {
    says: 'A certificate in the chain has been revoked by its issuer.',
    do: 'Do not believe the evidence; ask the operator for evidence of other hardware.',
  },
  'revocation/malformed': {
    says: 'This is not a revocation list (RFC 5280) that we can read.',
    do: 'Fetch the list again from its issuer.',
  },
  'revocation/partial': {
    says: "The revocation list covers only a part of its authority's certificates, or only what has changed.",
    do: "Give the authority's complete list.",
  },
  'revocation/extension-unknown': {
    says: 'The revocation list, or an entry of it, has a critical extension that is not understood here.',
    do: 'Update this program; until then nothing can be concluded from the list.',
  },
  'revocation/issuer-mismatch': {
    says: 'The revocation list is of another authority.',
    do: 'Give the list of the authority that issued the certificate.',
  },
  'revocation/signature-invalid': {
    says: 'The signature of the revocation list does not verify.',
    do: 'Treat the list as forged or damaged; fetch it again.',
  },
  'revocation/not-yet-valid': {
    says: 'The revocation list was not published yet at the time that was asked about.',
    do: 'Give the list that was in force at that time.',
  },
  'revocation/expired': {
    says: 'The revocation list had been replaced by a later one at the time that was asked about.',
    do: 'Fetch the current list.',
  },
  'certificate/on-hold': {
    says: 'The authority has put this certificate on hold.',
    do: 'Do not rely on what it has signed; ask the maker of the hardware whether the hold was lifted.',
  },
  'ocsp/malformed': {
    says: 'This is not an OCSP response that we can read (RFC 6960).',
    do: 'Fetch the response again, and give its bytes as they came.',
  },
  'ocsp/unsuccessful': {
    says: 'The OCSP responder declined to answer.',
    do: 'Ask it again later.',
  },
  'ocsp/responder-unauthorized': {
    says: "The OCSP response is neither the certificate's issuer's nor of a responder whom the issuer has authorised.",
    do: 'Fetch the response from the address that the certificate names.',
  },
  'ocsp/signature-invalid': {
    says: 'The signature of the OCSP response does not verify.',
    do: "Do not rely on it: it was changed, or is not the responder's.",
  },
  'ocsp/not-yet-valid': {
    says: 'The OCSP response was made after the time that is asked about.',
    do: 'Give a response of that time, or ask about a later one.',
  },
  'ocsp/expired': {
    says: 'The OCSP response is too old for the time that is asked about.',
    do: 'Give a response of that time.',
  },
  'ocsp/status-unknown': {
    says: 'The OCSP responder does not know the certificate.',
    do: 'Do not rely on it: an authority that issued it would know it.',
  },
  'nvidia/malformed': {
    says: 'This is not evidence of an NVIDIA device that we can read (SPDM 1.1, GET_MEASUREMENTS).',
    do: 'Give the bytes of request and response as the driver returned them.',
  },
  'nvidia/file-malformed': {
    says: 'This is not a file of NVIDIA evidence: neither its JSON nor hexadecimal.',
    do: "Give the file as NVIDIA's tools have written it.",
  },
  'nvidia/chain-shape': {
    says: "The chain is not of five certificates, from the device's key over its ROM to the root.",
    do: 'Give the chain exactly as the driver returned it.',
  },
  'nvidia/signer-unfit': {
    says: 'The certificate at the end of the chain is not of a key that signs documents.',
    do: "Do not rely on it: an authority's key has signed in place of a device's.",
  },
  'nvidia/device-unknown': {
    says: 'The certificates are not of a device whose evidence we know: Hopper, Blackwell or NVSwitch.',
    do: 'Look at the model that the report names.',
  },
  'nvidia/architecture-mismatch': {
    says: 'The device is of another architecture than was said with its evidence.',
    do: 'Do not rely on it until whoever sent it has explained this.',
  },
  'nvidia/signature-invalid': {
    says: "The device's signature over request and response does not verify.",
    do: 'Do not rely on it: it was changed, or signed by another device.',
  },
  'nvidia/firmware-id-absent': {
    says: 'The evidence does not say which firmware answered.',
    do: 'Rely on the measurements; older firmware and switches never say it.',
  },
  'nvidia/firmware-id-mismatch': {
    says: 'The firmware that answered is not the one whose key the certificate is for.',
    do: 'Do not rely on it: evidence and certificate are not of the same start of the device.',
  },
  'nvidia/nonce-not-given': {
    says: 'Nobody said which nonce the evidence was asked for with, so its age is unknown.',
    do: 'Give the nonce that was sent to the device.',
  },
  'nvidia/nonce-mismatch': {
    says: 'The evidence answers another nonce than the one that was asked with.',
    do: 'Do not rely on it: it is of another occasion, and may be old.',
  },
  'nvidia/revocation-not-given': {
    says: 'Whether the certificates were revoked was not checked, because no word of the authorities was given.',
    do: 'Give OCSP responses or revocation lists of the time.',
  },
  'nvidia/reference-not-given': {
    says: 'The measurements were not compared, because no reference manifest was given.',
    do: "Give the manifests that the report names, from NVIDIA's RIM service.",
  },
  'nvidia/reference-unverified': {
    says: 'The measurements were not compared, because a reference manifest could not be relied on.',
    do: 'Look at the check of the manifest.',
  },
  'nvidia/reference-conflict': {
    says: 'Two reference manifests speak for the same measurement.',
    do: 'Give the manifest of the driver and that of the firmware, each for this very device.',
  },
  'nvidia/reference-empty': {
    says: 'The reference manifest has no measurement that must match.',
    do: "Get the manifest again from NVIDIA's RIM service.",
  },
  'nvidia/measurement-mismatch': {
    says: 'The device measures otherwise than its driver and firmware must.',
    do: 'Do not rely on it: other software runs there, or it is open for debugging.',
  },
  'nvidia/rim-malformed': {
    says: 'This is not a reference manifest in the form that NVIDIA signs.',
    do: "Get the manifest again from NVIDIA's RIM service, and give its bytes as they came.",
  },
  'nvidia/rim-digest-mismatch': {
    says: 'The reference manifest was changed after it was signed.',
    do: "Get it again from NVIDIA's RIM service.",
  },
  'nvidia/rim-signature-invalid': {
    says: 'The signature of the reference manifest does not verify.',
    do: "Get it again from NVIDIA's RIM service.",
  },
  'nvidia/rim-product-mismatch': {
    says: 'The reference manifest is of another chip.',
    do: 'Give the manifests that the report names.',
  },
  'nvidia/rim-version-mismatch': {
    says: 'The reference manifest is of another version than the device states.',
    do: 'Give the manifests that the report names.',
  },
  'nvidia/architecture-refused': {
    says: 'The policy does not accept devices of this architecture.',
    do: 'Use another device, or change the policy before the exchange.',
  },
  'nvidia/driver-refused': {
    says: 'The policy does not accept this version of the driver, or the device does not state one.',
    do: 'Update the driver, or change the policy before the exchange.',
  },
  'nvidia/bios-refused': {
    says: 'The policy does not accept this version of the firmware, or the device does not state one.',
    do: 'Update the firmware, or change the policy before the exchange.',
  },
  'nvidia/mode-refused': {
    says: 'The policy does not accept the mode in which the device protects its connections.',
    do: 'Start the device in another mode, or change the policy before the exchange.',
  },
  'nvidia/debug-enabled': {
    says: 'The device says that it is open for debugging.',
    do: 'Do not rely on it: whoever runs it can read what it computes.',
  },
  'nras/malformed': {
    says: "This is not an answer of NVIDIA's attestation service that we can read: a token with the tokens of its devices.",
    do: 'Give the answer exactly as the service sent it.',
  },
  'nras/algorithm-unsupported': {
    says: 'The token is signed with another algorithm than ES384, or names it in a header that is not read.',
    do: 'Do not rely on it: the service signs with ES384.',
  },
  'nras/keys-malformed': {
    says: 'This is not a set of keys that we can read (RFC 7517, EC keys of P-384).',
    do: "Fetch the service's key set again, and give it as it came.",
  },
  'nras/key-unknown': {
    says: 'The set of keys has none by the name that the token gives.',
    do: 'Give the key set that was published when the token was issued; keys change daily.',
  },
  'nras/key-untrusted': {
    says: 'Nobody vouches for the key that has signed the token.',
    do: 'Pin the key, or the root that its certificates lead to.',
  },
  'nras/signature-invalid': {
    says: 'The signature of the token does not verify.',
    do: 'Do not rely on it: it was changed, or signed by another.',
  },
  'nras/issuer-mismatch': {
    says: 'The token was issued by another service than was asked.',
    do: 'Use the token of the service that you rely on.',
  },
  'nras/not-yet-valid': {
    says: 'The token was not valid yet at the time that is asked about.',
    do: 'Ask about a later time, or look at the clocks.',
  },
  'nras/expired': {
    says: 'The token had expired at the time that is asked about.',
    do: 'Ask the service again; its tokens live for an hour.',
  },
  'nras/nonce-not-given': {
    says: 'Nobody said which nonce the service was asked with, so the token could be of another occasion.',
    do: 'Give the nonce that was sent to the device.',
  },
  'nras/nonce-mismatch': {
    says: 'The token is about another nonce than the one that was asked with.',
    do: 'Do not rely on it: it is of another occasion, and may be old.',
  },
  'nras/devices-mismatch': {
    says: 'The tokens of devices are not those that the overall token lists.',
    do: "Do not rely on it: a device's token was left out, added or exchanged.",
  },
  'nras/result-negative': {
    says: 'The attestation service says that the devices did not pass.',
    do: 'Look at the claims of each device for what it found.',
  },
  'nras/claim-refused': {
    says: 'The attestation service says of a device something that the policy does not accept.',
    do: 'Look at the claim that is named.',
  },
  'evidence/prerequisite-failed': {
    says: 'This was not looked at, because what it would have to rely on has failed a check before.',
    do: 'See the check that failed.',
  },
  'evidence/simulated': {
    says: 'This was made by a simulated attester, for development, and not by hardware.',
    do: 'Ask for evidence of the hardware itself. No policy accepts this.',
  },
  'evidence/kind-unknown': {
    says: 'These bytes are no evidence of a kind that is known here.',
    do: 'Give a Nitro document, an SEV-SNP report, a TDX or SGX quote, NVIDIA evidence, or an answer of its attestation service, as it was issued.',
  },
  'evidence/policy-malformed': {
    says: 'This is no policy about evidence.',
    do: 'Write one as spec/conformance.md has it, by the kind of evidence.',
  },
  'evidence/certificates-missing': {
    says: 'This kind of evidence comes without the certificates of its signer, and they were not given.',
    do: "Pass them: with --chain the chip's from AMD, or the device's chain; with --keys those of NVIDIA's attestation service.",
  },
  'nitro/malformed': {
    says: 'This is not an attestation document of an AWS Nitro enclave that we can read.',
    do: 'Use the bytes exactly as the hypervisor gave them to the enclave.',
  },
  'nitro/algorithm-unsupported': {
    says: 'The attestation document names another algorithm than ES384, with which all hypervisors sign.',
    do: 'Treat the document as forged or damaged.',
  },
  'nitro/signer-unsuitable': {
    says: 'The certificate in the attestation document is not of a key that may sign such documents.',
    do: 'Treat the document as forged.',
  },
  'nitro/signature-invalid': {
    says: 'The signature of the attestation document does not verify.',
    do: 'Treat the document as forged or damaged.',
  },
  'nitro/debug': {
    says: 'The enclave runs in debug mode, in which its host sees what is in it and its measurements are zero.',
    do: 'Ask the operator to start the enclave without debug mode.',
  },
  'nitro/stale': {
    says: 'The attestation document is older than the policy accepts.',
    do: 'Ask the enclave for a fresh document, with a nonce of yours.',
  },
  'nitro/from-the-future': {
    says: 'The attestation document says that it was made after the time that was asked about.',
    do: 'Check the time that was asked about; if it is right, the document is of a hypervisor whose clock is wrong.',
  },
  'nitro/measurement-refused': {
    says: 'A measurement of the enclave is not one that the policy accepts.',
    do: 'Find out which software this measurement is of; add it to the policy only if you trust that software.',
  },
  'nitro/nonce-mismatch': {
    says: 'The attestation document has another nonce than was asked for, or none.',
    do: 'Treat the document as replayed; ask the enclave for one with your nonce.',
  },
  'nitro/public-key-mismatch': {
    says: 'The attestation document is about another public key, or none.',
    do: 'Do not use the key: nothing shows that the enclave has it.',
  },
  'nitro/user-data-mismatch': {
    says: 'The attestation document has other user data than was expected, or none.',
    do: 'Do not conclude from the document what it does not say.',
  },
  'snp/malformed': {
    says: 'This is not an attestation report of AMD SEV-SNP.',
    do: 'Use the 1,184 bytes exactly as the firmware gave them to the guest.',
  },
  'snp/version-unsupported': {
    says: 'The attestation report is of a version that is not known here.',
    do: 'Update this program; versions 2 to 5 are known.',
  },
  'snp/signing-key-mismatch': {
    says: 'The report says that another kind of key has signed it than the certificate is of.',
    do: "Give the certificate of the key that signed: the chip's (VCEK), or the one that AMD has lent to the cloud (VLEK).",
  },
  'snp/algorithm-unsupported': {
    says: 'The report names another algorithm than ECDSA P-384 with SHA-384, with which all chips sign.',
    do: 'Treat the report as forged or damaged.',
  },
  'snp/signer-unsuitable': {
    says: 'The certificate is not of a key that can sign reports.',
    do: 'Give the certificate of the key that signed the report.',
  },
  'snp/signature-invalid': {
    says: 'The signature of the attestation report does not verify.',
    do: 'Check that the certificate is of this chip at this TCB; if it is, treat the report as forged.',
  },
  'snp/endorsement-malformed': {
    says: "The certificate of the signing key does not say about it what AMD's certificates say.",
    do: "Get the certificate again from AMD's key distribution service.",
  },
  'snp/product-mismatch': {
    says: 'Report, certificate and root are not of one product line, or not of the one that was asked for.',
    do: 'Give the certificate of the chip that made the report, and the right product.',
  },
  'snp/tcb-mismatch': {
    says: 'The certificate is of a key for another TCB than the report names.',
    do: "Get the certificate for the report's TCB from AMD's key distribution service.",
  },
  'snp/chip-mismatch': {
    says: 'The certificate is of another chip than the report names.',
    do: "Get the certificate of the report's chip from AMD's key distribution service.",
  },
  'snp/chip-masked': {
    says: "The host hides which chip it is, so that the report's chip cannot be compared with the certificate's.",
    do: "Ask the operator to show the chip's id, or accept hidden ones in the policy: the signature is the chip's all the same.",
  },
  'snp/revocation-unknown': {
    says: 'No revocation list was given, so that nothing is known about whether AMD has revoked its authority.',
    do: "Give the list of AMD's root for this product, from its key distribution service.",
  },
  'snp/debug': {
    says: 'The guest may be debugged, so that its host can read and change what is in it.',
    do: 'Ask the operator to launch the guest with a policy that forbids debugging.',
  },
  'snp/migration-agent': {
    says: 'The guest may have a migration agent, which can move it to another machine and see what is in it.',
    do: 'Ask the operator to launch the guest without one, or accept it in the policy if you know the agent.',
  },
  'snp/vmpl-refused': {
    says: 'The report was asked for at a privilege level that the policy does not accept.',
    do: 'Ask for a report from the level at which your software runs.',
  },
  'snp/minimum-tcb-not-given': {
    says: 'Nobody has said how old the firmware of the platform may be, so that its age was not judged.',
    do: "Name the least TCB of each product line in the policy, from AMD's latest bulletins.",
  },
  'snp/tcb-refused': {
    says: "The platform's firmware or microcode is older than the policy accepts.",
    do: 'Ask the operator to update and commit the firmware, and to launch the guest anew.',
  },
  'snp/product-refused': {
    says: 'The policy does not accept processors of this product line.',
    do: 'Add the least TCB that you accept for this product line to the policy.',
  },
  'snp/measurement-refused': {
    says: 'The measurement of the guest is not one that the policy accepts.',
    do: 'Find out which software this measurement is of; add it to the policy only if you trust that software.',
  },
  'snp/report-data-mismatch': {
    says: 'The report has other report data in it than was expected.',
    do: "Treat the report as another's or as replayed; ask the guest for one with your data.",
  },
  'snp/host-data-mismatch': {
    says: 'The report has other host data in it than was expected.',
    do: 'Ask the operator to launch the guest with the configuration that you expect.',
  },
  'quote/malformed': {
    says: 'This is not a quote of Intel DCAP that we can read: its parts and their lengths do not fit together.',
    do: "Use the quote's bytes exactly as they were issued.",
  },
  'quote/version-unsupported': {
    says: 'The quote is of a version other than 3, 4 and 5.',
    do: 'Update this program; until then nothing can be said about the quote.',
  },
  'quote/tee-unknown': {
    says: 'The quote is of hardware that is neither SGX nor TDX.',
    do: 'Update this program; until then nothing can be said about the quote.',
  },
  'quote/key-type-unsupported': {
    says: "The quote is signed with an algorithm other than ECDSA on P-256, which no quoting enclave of Intel's uses.",
    do: 'Update this program if Intel has changed its algorithm; otherwise treat the quote as forged.',
  },
  'quote/vendor-unknown': {
    says: 'The quote does not name Intel as the maker of its quoting enclave.',
    do: "Do not believe the quote; only Intel's quoting enclaves are known here.",
  },
  'quote/signature-invalid': {
    says: 'The attestation key has not signed this quote.',
    do: 'Treat the quote as forged or damaged; ask for it again.',
  },
  'quote/key-unbound': {
    says: "The quoting enclave's report is about another attestation key.",
    do: 'Treat the quote as forged: its parts are of different quotes.',
  },
  'quote/certification-unsupported': {
    says: 'The quote brings no certificates with it.',
    do: 'Have the quote made on a platform whose quoting library has its certificate, which puts the chain into it.',
  },
  'quote/role-mismatch': {
    says: "A certificate stands in the place of another: Intel's root has signed it for something else.",
    do: 'Treat the chain as forged, unless certificates were mixed up on the way.',
  },
  'quote/qe-signature-invalid': {
    says: "The processor's key has not signed the report of the quoting enclave.",
    do: 'Treat the quote as forged or damaged; ask for it again.',
  },
  'quote/pck-malformed': {
    says: "The processor's certificate does not say which platform it is, or in a form that we cannot read.",
    do: 'Get the certificate again from Intel.',
  },
  'quote/qe-signer-mismatch': {
    says: 'The quoting enclave is signed by somebody other than Intel.',
    do: "Treat the quote as forged: an enclave of somebody else's has signed it.",
  },
  'quote/qe-product-mismatch': {
    says: "Another enclave of Intel's has signed in the quoting enclave's place.",
    do: 'Treat the quote as forged.',
  },
  'quote/qe-attributes-mismatch': {
    says: 'The quoting enclave runs with other attributes than Intel demands; it may be one that can be debugged.',
    do: 'Treat the quote as forged.',
  },
  'quote/qe-miscselect-mismatch': {
    says: 'The quoting enclave runs with other features than Intel demands.',
    do: 'Treat the quote as forged.',
  },
  'quote/qe-tcb-unsupported': {
    says: 'The quoting enclave is older than any that Intel still says anything about.',
    do: "Ask the operator to update the platform's software.",
  },
  'quote/tcb-unsupported': {
    says: 'The platform is older than any level that Intel still says anything about.',
    do: "Ask the operator to update the platform's firmware and microcode.",
  },
  'collateral/not-at-hand': {
    says: 'No newer collateral is at hand, and nobody may be asked for it.',
    do: 'Import a copy, or allow the publisher to be asked.',
  },
  'collateral/import-unknown': {
    says: 'The file is nothing that makers of hardware publish for judging evidence, as far as it is known here.',
    do: 'See docs/evidence/archive.md for what can be imported.',
  },
  'collateral/missing': {
    says: 'No collateral was given: what Intel has published about the platform is not known.',
    do: 'Give the collateral that was in force at the time that you ask about.',
  },
  'collateral/malformed': {
    says: 'This is not collateral: one JSON object with the nine members that DCAP verifiers exchange.',
    do: 'Fetch the collateral again from Intel or a cache of it.',
  },
  'collateral/revocation-chain-mismatch': {
    says: 'The list of revoked processors comes from another authority than the one that certified this processor.',
    do: "Give the list of the authority (Platform or Processor) that the processor's certificate names.",
  },
  'collateral/tcb-info-signature-invalid': {
    says: 'Intel has not signed this TCB info.',
    do: 'Treat it as forged or reformatted; fetch it again and keep the bytes as they are.',
  },
  'collateral/tcb-info-malformed': {
    says: 'The TCB info is signed, but not of version 3, or not in a form that we can read.',
    do: 'Fetch version 3 of it, which Intel publishes under version 4 of its service.',
  },
  'collateral/tcb-info-not-yet-valid': {
    says: 'The TCB info was not published yet at the time that was asked about.',
    do: 'Give the TCB info that was in force at that time.',
  },
  'collateral/tcb-info-expired': {
    says: 'The TCB info had been replaced by a later one at the time that was asked about.',
    do: 'Fetch the current TCB info, or ask about the time at which it was in force.',
  },
  'collateral/tcb-info-mismatch': {
    says: 'The TCB info is of another kind of platform.',
    do: "Give the TCB info for the platform (FMSPC) that the processor's certificate names, and for SGX or TDX as the quote is.",
  },
  'collateral/qe-identity-signature-invalid': {
    says: 'Intel has not signed this identity of a quoting enclave.',
    do: 'Treat it as forged or reformatted; fetch it again and keep the bytes as they are.',
  },
  'collateral/qe-identity-malformed': {
    says: 'The identity of the quoting enclave is signed, but not of version 2, or not in a form that we can read.',
    do: 'Fetch version 2 of it, which Intel publishes under version 4 of its service.',
  },
  'collateral/qe-identity-not-yet-valid': {
    says: 'The identity of the quoting enclave was not published yet at the time that was asked about.',
    do: 'Give the identity that was in force at that time.',
  },
  'collateral/qe-identity-expired': {
    says: 'The identity of the quoting enclave had been replaced by a later one at the time that was asked about.',
    do: 'Fetch the current identity, or ask about the time at which it was in force.',
  },
  'collateral/qe-identity-mismatch': {
    says: 'The identity is of the quoting enclave of the other technology.',
    do: 'Give the identity of the quoting enclave for SGX or for TDX, as the quote is.',
  },
  'tdx/module-unknown': {
    says: 'Intel has published nothing about this version of the TDX module.',
    do: 'Fetch current TCB info; if it stays so, do not believe the quote.',
  },
  'tdx/module-signer-mismatch': {
    says: 'The TDX module is signed by somebody other than Intel.',
    do: 'Treat the platform as compromised.',
  },
  'tdx/module-attributes-mismatch': {
    says: 'The TDX module runs with attributes that Intel does not allow; it may be one that can be debugged.',
    do: 'Treat the platform as compromised.',
  },
  'tdx/module-tcb-unsupported': {
    says: 'The TDX module is older than any that Intel still says anything about.',
    do: 'Ask the operator to update the TDX module.',
  },
  'quote/tcb-status-refused': {
    says: 'The platform is not kept as well as the policy demands.',
    do: 'Ask the operator to update the platform, or accept its status in the policy, knowing what is open.',
  },
  'quote/advisory-open': {
    says: "Intel has published an advisory about this platform's level that the policy does not accept.",
    do: 'Read the advisory; accept it in the policy only if its weakness does not matter here.',
  },
  'quote/tcb-date-early': {
    says: 'The platform lacks fixes that were published by the day that the policy demands.',
    do: 'Ask the operator to update the platform.',
  },
  'quote/debug': {
    says: 'Whoever runs the machine can look into this enclave or trust domain: it is one for debugging.',
    do: 'Do not believe anything that it says; no policy accepts it.',
  },
  'quote/measurement-refused': {
    says: 'The software is none of those that the policy allows.',
    do: 'Find out which software this is; allow it in the policy only after somebody has reviewed it.',
  },
  'quote/report-data-mismatch': {
    says: 'The report data is not what it should be: the quote is of another conversation, or speaks for another key.',
    do: 'Ask for a quote with your own nonce, and give the key that you talk to.',
  },
  'tdx/migration-possible': {
    says: 'The trust domain can be moved to another machine, about which the quote says nothing.',
    do: 'Ask the operator for one that cannot be moved, or allow it in the policy, knowing the service that moves it.',
  },
  'tdx/memory-exceptions-possible': {
    says: "The host can make the trust domain's memory fault, through which guests have been attacked.",
    do: 'Ask the operator to set SEPT_VE_DISABLE, or allow it in the policy, knowing that the guest is safe without it.',
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
  'note/signer-unknown': {
    says: 'Nobody whose key you know has signed this note.',
    do: 'Give the keys of those whom you believe, or get a note that they have signed.',
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
  'witness/busy': {
    says: 'The witness has as many requests about this log waiting as it takes.',
    do: 'Ask again in a second, with the newest checkpoint alone.',
  },
  'witness/cosignature-missing': {
    says: 'The checkpoint carries no cosignature by this witness.',
    do: 'Ask for one with add-checkpoint first.',
  },
  'witness/closing': {
    says: 'The witness is shutting down.',
    do: 'Ask again in a moment.',
  },
  'witness/state-corrupt': {
    says: 'What the witness keeps of a log is not what it has cosigned.',
    do: 'Restore the file from a backup that is not older than its last cosignature; without its file the witness could cosign two histories.',
  },
  'witness/statement-changed': {
    says: 'This key has been used by a witness whose published statement is another one.',
    do: 'Use a key of its own for each statement: whoever trusts a key relies on what it says.',
  },
  'witness/entry-refused': {
    says: 'The witness has read the entries of this tree and refuses one of them.',
    do: 'Look at the entry that is named; this witness will never cosign a tree that holds it.',
  },
  'witness/entries-mismatch': {
    says: 'The entries that the log serves do not make the root that it has signed.',
    do: "Compare the log's tiles with its checkpoint; the witness reads them again when it is asked again.",
  },
  'witness/entries-unchecked': {
    says: 'The witness has not yet read and checked every entry of this tree.',
    do: 'Ask again in a second; it goes on reading meanwhile.',
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
  'tree/interval-invalid': {
    says: 'These entries are no subtree of that tree (draft-ietf-plants-merkle-tree-certs, section 4.1).',
    do: 'Begin at a multiple of a power of two that is no smaller than the number of entries, and end inside the tree.',
  },
  'tree/subtree-invalid': {
    says: "The proof does not lead from this part of the tree to the checkpoint's root.",
    do: 'Ask for the proof again from another source; if it stays so, treat these entries as not of this log.',
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
  'cose/malformed': {
    says: 'This is not a COSE receipt of inclusion or consistency (RFC 9942).',
    do: 'Fetch the receipt again from GET /v1/receipts/<id>?format=cose.',
  },
  'cose/algorithm-unsupported': {
    says: 'The COSE receipt is signed with another algorithm than EdDSA, or is about another structure than RFC9162_SHA256.',
    do: 'Use a verifier that knows that algorithm and that structure.',
  },
  'cose/origin-unprotected': {
    says: 'The signature of the COSE receipt does not cover which log it is of.',
    do: 'Ask the log for receipts with their issuer in the protected header; such a signature could be shown as that of another log.',
  },
  'cose/size-unprotected': {
    says: 'The signature of the COSE receipt does not cover the size of the tree.',
    do: 'Ask the log for receipts with the size in the protected header; without it the same root can be said to be of several sizes.',
  },
  'cose/size-mismatch': {
    says: 'The proof in the COSE receipt is about a tree of another size than the signature.',
    do: 'Treat the receipt as altered; fetch it again.',
  },
  'cose/payload-attached': {
    says: 'The COSE receipt carries its root instead of leaving it to be computed.',
    do: 'Ask for a receipt with a detached payload: only then nobody can forget to compare the two.',
  },
  'cose/key-unknown': {
    says: "The COSE receipt is signed by another key than the log's.",
    do: 'Check that the trust file is that of this log.',
  },
  'cose/signature-invalid': {
    says: "The log's signature does not match the root that this entry and this proof lead to.",
    do: 'Check that the entry is the one that the receipt is of; if it is, treat the receipt as forged or altered.',
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
  'trust/member-malformed': {
    says: 'This file does not hold what the member of a trust file holds that it stands for.',
    do: 'Correct what is named: controllers.json and statements.json are the lists of those names in spec/schemas/trust.json.',
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
  'entry/type-unknown': {
    says: "The entry's statement is of no type that this version knows.",
    do: 'Use a version of Countersign that knows it; an issuer logs nothing else.',
  },
  'entry/role-mismatch': {
    says: 'The key that signed the entry has a role that does not sign entries of this type.',
    do: 'Have it signed by a key of the right role: validators sign verdicts and appraisal policies, issuers all else.',
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
  'closing/proof-malformed': {
    says: 'The proof of what a closing says of a number is not of the form that it has to have.',
    do: 'Ask for it again; if it stays so, ask somebody else who keeps the leaves.',
  },
  'closing/proof-invalid': {
    says: 'The proof does not show what the closing says of that number: it leads to another root, or leaves a place open.',
    do: 'Ask for it again; if it stays so, read all leaves and compare their root.',
  },
  'closing/unknown': {
    says: 'There is no closing of that epoch here.',
    do: 'Ask again when the epoch is over: it lasts a day at most, and is closed when its last exchange has ended.',
  },
  'closing/leaves-mismatch': {
    says: 'The leaves that were served are not those of the closing: they make another root, or are not in order.',
    do: 'Ask for them again, and somebody else who keeps them; if it stays so, the issuer keeps back what it has signed.',
  },
  'closing/not-logged': {
    says: 'The closing that was served is not in the log, or the log has another one of that epoch.',
    do: 'Read the log again; if it stays so, keep both: rely on the one that is in the log.',
  },
  'reconcile/not-held': {
    says: "The issuer has given a number under your client's name, and you hold nothing of that exchange.",
    do: 'Look whether somebody else uses your key, or whether an answer never arrived. If neither, ask the operator whose exchange it is.',
  },
  'reconcile/not-logged': {
    says: 'The receipt is not in the log, and should be there by now.',
    do: 'Hand the receipt in (countersign submit), to a mirror as well: with its stamp a broken promise can be proven.',
  },
  'reconcile/not-yet-logged': {
    says: 'The receipt is not in the log yet, which has until its deadline.',
    do: 'Reconcile again after the deadline.',
  },
  'reconcile/epoch-open': {
    says: 'The epoch has no closing that could be compared.',
    do: 'Reconcile again when the epoch is over, or say with --closings where its closing is.',
  },
  'reconcile/back-dated': {
    says: 'The receipt says that the request came before it was sent.',
    do: 'Compare the clocks. If yours is right, the issuer has dated the exchange back: keep the receipt.',
  },
  'reconcile/billed-not-held': {
    says: 'The bill has an exchange of which nothing is known here.',
    do: 'Ask for its receipt; without one there is nothing to pay for.',
  },
  'reconcile/billed-twice': {
    says: 'The bill has the same exchange more than once.',
    do: 'Ask for a bill that has it once.',
  },
  'reconcile/usage-differs': {
    says: 'The bill counts other tokens than the receipt of the exchange.',
    do: 'Ask for a bill by the receipt; the receipt is what the operator has signed.',
  },
  'reconcile/amount-differs': {
    says: 'The bill asks another amount for the exchange than its receipt.',
    do: 'Ask for a bill by the receipt; the receipt is what the operator has signed.',
  },
  'reconcile/not-billed': {
    says: 'The exchange has a receipt with usage and is not on the bill.',
    do: 'Nothing is owed that is not billed; expect it on the next one.',
  },
  'reconcile/bill-malformed': {
    says: 'A line of the bill is not one that can be compared.',
    do: 'Ask for a bill with one JSON object a line: exchange, prompt_tokens, completion_tokens, amount, currency.',
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
  'stamp/malformed': {
    says: 'The signed payload is not a stamp of this version.',
    do: 'Ask the mirror for the stamp again.',
  },
  'stamp/stamper-unknown': {
    says: 'The stamp is by a key that you do not know.',
    do: "Name the mirror's key for stamps if you trust that mirror's clock; otherwise treat the entry as not submitted.",
  },
  'stamp/signature-invalid': {
    says: "The mirror's signature does not match the stamp.",
    do: 'Treat the stamp as forged or damaged; ask the mirror for it again.',
  },
  'stamp/store-full': {
    says: 'The mirror keeps as many submissions that the log has not taken as it can.',
    do: "Submit the entry at another mirror; tell this one's operator that the log takes nothing.",
  },
  'mirror/log-unknown': {
    says: 'This mirror does not keep a copy of that log.',
    do: "Check the log's origin, or ask a mirror that names it on its front page.",
  },
  'mirror/nothing-pending': {
    says: 'The mirror has not been given a checkpoint of that log yet.',
    do: "Send the log's checkpoint to add-checkpoint first.",
  },
  'mirror/package-invalid': {
    says: "These entries are not proven to be those of the log's checkpoint.",
    do: "Make the package again from the log's own tiles; if it stays so, compare the log with this mirror.",
  },
  'mirror/upload-cut-off': {
    says: 'The upload ended before its first package was whole.',
    do: 'Send it again; where the network is slow, send fewer packages at a time.',
  },
  'mirror/unavailable': {
    says: "The mirror's disk failed, so it takes nothing until it is started again.",
    do: 'Make room or repair the disk, then start the mirror again; what it has cosigned is still there.',
  },
  'mirror/log-forked': {
    says: 'The log shows a checkpoint that does not extend the one that this mirror has.',
    do: 'Keep both checkpoints and tell others: if both are signed by the log, it has two histories.',
  },
  'mirror/log-key-unknown': {
    says: 'The log shows a checkpoint that none of the keys has signed that were given for it.',
    do: "If the log has changed its key, start again with the log's new trust file or key; otherwise check the log's address.",
  },
  'mirror/behind': {
    says: 'The mirror lacks entries of the log, which is bringing them to it; until it has them it does not cosign.',
    do: 'Wait; what it has got it keeps, whatever is started again in between. A new mirror of a long log is better filled with countersign mirror push before a policy names it.',
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
  'epoch/journal-unavailable': {
    says: 'The gateway cannot note which numbers it gives, so it accepts nothing.',
    do: 'Look at the disk with the data folder: its space, its permissions, its health. Then start the gateway again.',
  },
  'epoch/journal-damaged': {
    says: 'The notes of an epoch are not what was written there, so that it cannot be closed.',
    do: 'Restore the file from a copy if there is one. Without it the epoch stays without a closing, which everybody can see.',
  },
  'request/too-large': {
    says: "The request's body is over the gateway's limit.",
    do: 'Send less, or ask the operator to raise the limit.',
  },
  'request/too-many-entries': {
    says: 'The request has more entries than a log takes at once.',
    do: 'Send them in several requests, of 256 entries at most each; nothing was taken.',
  },
  'request/malformed': {
    says: 'The request is not one that the API knows: its body is not of the form that the path takes, or a member is missing, doubled or of the wrong kind.',
    do: 'Correct the body; the message names the member.',
  },
  'request/encoded': {
    says: "The request's body is encoded (content-encoding, or a transfer-encoding other than chunked), which is not taken.",
    do: 'Send the body as it is.',
  },
  'request/nonce-malformed': {
    says: "The request's countersign-nonce header is not 16 to 64 characters of base64url.",
    do: 'Send a new random value with each request, 16 bytes in base64url for example, or leave the header out.',
  },
  'request/parameter-invalid': {
    says: 'A parameter of the request is out of range or of the wrong kind.',
    do: 'Correct the parameter that is named.',
  },
  'request/body-malformed': {
    says: "The request's body is not what this path takes, or it broke off.",
    do: 'Send the whole body in the form that the specification of this path gives.',
  },
  'request/http-malformed': {
    says: 'What came is not an HTTP request.',
    do: 'Send HTTP/1.1, with a body of the stated length and one of content-length and transfer-encoding.',
  },
  'request/headers-too-large': {
    says: "The request's headers are longer than this server reads.",
    do: 'Send shorter ones: 16 KiB together are read.',
  },
  'request/late': {
    says: 'The request did not arrive whole in the time that there is for it.',
    do: 'Send it again, all of it at once.',
  },
  'request/model-unknown': {
    says: 'No upstream of this gateway has that model.',
    do: 'Ask GET /v1/models for those it has, or start the gateway with --upstream.',
  },
  'request/surface-unsupported': {
    says: 'The model does not answer at this path.',
    do: 'Ask it where it does (the built-in model: /v1/chat/completions), or name a model of the upstream.',
  },
  'request/background-refused': {
    says: 'An answer in the background would come later than its receipt, from the provider, under none.',
    do: 'Leave background out; a stream is kept alive however long the model takes, and its answer comes under a receipt.',
  },
  'request/response-not-kept': {
    says: 'This gateway keeps no responses, and what a provider keeps and gives later has no receipt here.',
    do: 'Keep the answer that came under its receipt, or ask the provider itself for the response.',
  },
  'request/untranslatable': {
    says: "The model's host speaks another API's dialect, and this member of the request cannot be said in it without changing the answer.",
    do: "Leave the member out, or ask in the host's own dialect; docs/translation.md has what can be translated.",
  },
  'request/number-inexact': {
    says: "The model's host speaks another API's dialect, and this number of the request cannot be said in it as it was written: it has more digits, or is larger or smaller, than a double holds.",
    do: "Write the number with at most 17 digits or as a text, or ask in the host's own dialect, in which the request passes as it is.",
  },
  'redaction/unreadable': {
    says: 'Personal data are taken out of requests here before they leave, and this request cannot be looked through for them.',
    do: 'Send text in place of tokens, and each member once; see docs/redaction.md.',
  },
  'redaction/failed': {
    says: 'Personal data could not be taken out of the request, and so nothing of it was sent.',
    do: 'Report it, with what the gateway printed.',
  },
  'request/route-unknown': {
    says: 'The server has nothing at this path.',
    do: "Check the address, and what GET / says. A gateway's APIs are under /v1 and /v1beta and its log under /log; a mirror's copy of a log is under /<hash>.",
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
  'upstream/untranslatable': {
    says: "The host's answer holds something that cannot be said in the dialect in which it was asked for.",
    do: 'Ask at the surface that the host speaks itself.',
  },
  'upstream/number-inexact': {
    says: "The host's answer holds a number that cannot be said as it was written in the dialect in which it was asked for: it has more digits, or is larger or smaller, than a double holds.",
    do: 'Ask at the surface that the host speaks itself, or for a stream.',
  },
  'upstream/error': {
    says: 'The upstream refused or failed, and said so itself.',
    do: 'Its own message is in the answer.',
  },
  'upstream/circuit-open': {
    says: 'Every upstream that could answer has failed too often lately, and is left alone for a moment.',
    do: 'Try again after the time in Retry-After; the operator sees what is wrong with the upstreams in earlier receipts.',
  },
  'upstream/unattested': {
    says: 'The upstream has not shown what this gateway requires of it, so that nothing was sent.',
    do: 'Ask for another model, or the operator; which evidence was missing or wrong is in the receipt.',
  },
  'client/aborted': {
    says: 'The client went away before the answer was complete.',
    do: 'Nothing: the record says how far the answer got.',
  },
  'server/busy': {
    says: 'The server holds as many answers as it can that clients have not read yet.',
    do: 'Read what you were sent, and ask again in a second.',
  },
  'gateway/busy': {
    says: 'The gateway holds as many bytes of requests, or of answers, as it can at the moment.',
    do: 'Try again in a second.',
  },
  'gateway/opening': {
    says: 'The gateway is starting, and takes nothing before its log is witnessed.',
    do: 'Ask again in a second; /readyz says when it is ready.',
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
  'receipt/not-included': {
    says: 'The receipt is signed, but not yet in the log.',
    do: 'Ask again in a second, or for the bundle, which comes without a proof as well.',
  },
  'log/corrupt': {
    says: 'What the log holds on disk is not what it has signed.',
    do: 'Stop, keep a copy of the folder as it is, see what is damaged with countersign log fsck, and restore that from a mirror or a backup; never delete the checkpoint to get past this.',
  },
  'log/behind-witness': {
    says: 'A witness has seen a larger log than the one on disk, as after restoring an old backup.',
    do: 'Do not start it on these files: it would fork itself. Put a newer copy back, or fetch what is missing: countersign log restore --from <mirror> --mirror <its key>. If neither exists any more, end this log and begin one under another origin (docs/log.md).',
  },
  'log/witnesses-silent': {
    says: "Too few of the log's witnesses answered at its start to know whether it has gone back behind what they have seen.",
    do: 'Start the log again when its witnesses can be reached.',
  },
  'log/unwitnessed': {
    says: "The log's witnesses were heard at its start, and too few have cosigned it since.",
    do: 'See what each of them is said to answer, and start the gateway again: one that checks entries can read the log only while a gateway serves it.',
  },
  'log/busy': {
    says: 'The log is being given more than it can look at.',
    do: 'Wait a second and send it again; nothing was taken.',
  },
  'log/not-found': {
    says: 'The folder holds no log.',
    do: 'Pass the folder of a log, which has a checkpoint and a folder named tile.',
  },
  'log/mirror-behind': {
    says: 'The mirror has fewer entries than the checkpoint that is kept here covers.',
    do: 'Wait until the mirror has caught up, or name another one.',
  },
  'log/mirror-unwitnessed': {
    says: "Neither a quorum of the log's witnesses has cosigned what is shown there, nor a mirror whose key was given.",
    do: "A mirror's checkpoint carries its own cosignature and none by witnesses: pass its key, which it prints when it starts, with --mirror <vkey>. Nothing was taken.",
  },
  'log/mirror-forked': {
    says: 'What the mirror shows does not extend the checkpoint that is kept here, although the log has signed both.',
    do: "Start nothing on either. Keep both checkpoints: they prove that somebody has signed two histories with the log's key. Nothing was taken.",
  },
  'log/mirror-differs': {
    says: 'What the mirror serves is not what the log and its witnesses have signed.',
    do: 'Name another mirror; nothing that differs was taken from this one.',
  },
  'log/cosigner-failed': {
    says: 'The log could not cosign its checkpoint with the key that states the time, so that it was not published.',
    do: "Look at the key file keys/log-ml-dsa.key and at the gateway's own messages; the log tries again by itself.",
  },
  'log/unavailable': {
    says: 'The log cannot take entries, so no receipt could be kept.',
    do: "See the gateway's own messages; usually the disk is full or read-only.",
  },
  'log/entry-too-large': {
    says: 'The entry is over 65,535 bytes.',
    do: 'Report it: a receipt is never that large.',
  },
  'log/entry-pruned': {
    says: 'This part of the log is older than it shows, under its published retention policy.',
    do: "See the log's retention page for the minimum index, or ask a mirror; proofs from the minimum index on hold as before.",
  },
  'log/entry-denied': {
    says: "The log's operator does not show this entry, and has logged why.",
    do: 'Read the other entries of its bundle one by one at entries/<index>; the tree and all proofs are unchanged.',
  },
  'log/index-beyond-end': {
    says: 'The log has no entry with that index.',
    do: "Take an index below the log's size, which countersign log retention shows.",
  },
  'log/entry-too-young': {
    says: "An entry is not yet as old as the log's retention policy says before it may be pruned.",
    do: 'Prune to a lower index, or wait.',
  },
  'log/retention-unstated': {
    says: 'The log has no retention policy, and without one it must not be pruned.',
    do: 'State one with countersign log retention --minimum-days <days>.',
  },
  'log/retention-malformed': {
    says: 'The file that says what may be read of the log cannot be read.',
    do: 'Restore retention.json from your backup; its acts are in the log too. Deleting it would show what is denied.',
  },
  'log/retention-full': {
    says: "The log's file of pruning and denials can hold no more acts.",
    do: 'Report it: ten thousand acts were thought to be enough.',
  },
  'log/minimum-beyond-checkpoint': {
    says: "The minimum index can be no larger than the log's current checkpoint.",
    do: 'Prune to a lower index.',
  },
  'log/minimum-lowered': {
    says: 'The minimum index would become lower than it is.',
    do: 'If pruned entries are to be shown again, say so with --lower.',
  },
  'data/locked': {
    says: 'Another process uses this data folder.',
    do: 'Stop the other process, or pass another --data folder.',
  },
  'control/refused': {
    says: 'Only the owner of the data folder may ask a running gateway for this.',
    do: "Show the admin key, which is in keys/admin.key of the data folder; or run the command as the user whose gateway it is, with that gateway's --data.",
  },
  'config/refused': {
    says: 'What stands written now cannot be used; what was read before stays in force.',
    do: 'Correct what it names; the gateway reads it again when the file changes.',
  },
  'config/restart-needed': {
    says: 'This setting cannot change while the gateway runs.',
    do: 'Start the gateway again for it; everything else that was changed is in force.',
  },
  'data/erasure-malformed': {
    says: 'A file that says what is to be erased cannot be read.',
    do: 'Remove the file, and erase the exchange again whose id is its name.',
  },
  'data/key-malformed': {
    says: 'A key file cannot be read.',
    do: 'Restore the file from your backup; never let a new key be made over it.',
  },
  'data/key-exposed': {
    says: 'A key file can be read by other users.',
    do: 'Run chmod 600 on it, and think about who could have copied it.',
  },
  'data/key-unknown': {
    says: 'A key in the data folder is none that the log knows, as when its file was lost and a new one was made.',
    do: 'Put the old key file back from your backup.',
  },
  'data/key-ended': {
    says: 'A key in the data folder no longer counts: the log says that it was rotated or revoked, and its successor is not here.',
    do: 'Put the successor back as <name>.key.next, or name a new one: countersign key revoke <name> --recovery-key FILE.',
  },
  'archive/unavailable': {
    says: 'The archive cannot take or give evidence.',
    do: "See the gateway's own messages; usually the disk is full or read-only.",
  },
  'archive/unknown': {
    says: 'The archive holds nothing under this digest.',
    do: 'Check the digest: 64 small hexadecimal digits, as a receipt states it under evidence; the gateway that signed the receipt has it.',
  },
  'archive/corrupt': {
    says: 'What the archive holds under this digest is something else.',
    do: 'Restore the archive from your backup.',
  },
  'archive/full': {
    says: 'The archive holds as many judgements of this evidence as it takes of one.',
    do: 'Look at those that it has; whoever needs another one keeps it elsewhere.',
  },
  'archive/record-malformed': {
    says: 'The record of a judgement is not in the form in which records are kept.',
    do: 'Restore the archive from your backup; nothing is to be concluded from the record.',
  },
  'archive/policy-malformed': {
    says: 'The policy that evidence was judged by is not in the form in which policies are kept.',
    do: 'Restore the archive from your backup; in one that you wrote yourself, look at the member that is named.',
  },
  'archive/pieces-unfit': {
    says: 'The pieces are not what evidence of this kind is judged with.',
    do: 'Compare roles, numbers and lengths with docs/evidence/archive.md.',
  },
  'vault/unavailable': {
    says: 'The vault cannot take content, so nothing was answered.',
    do: "See the gateway's own messages; usually the disk is full or read-only.",
  },
  'vault/unknown': {
    says: 'The vault holds nothing for this exchange.',
    do: 'Check the id; content is kept only by the gateway that answered.',
  },
  'vault/erased': {
    says: 'The content of this exchange has been erased: its key was destroyed.',
    do: 'Rely on the receipt, which stays valid; only whoever has kept opening and content can still compare them.',
  },
  'vault/corrupt': {
    says: 'What the vault holds for this exchange cannot be decrypted.',
    do: 'Restore the vault from your backup.',
  },
  'misbehaviour/too-large': {
    says: 'The evidence file is larger than any evidence can be.',
    do: 'Check that this file is evidence.',
  },
  'misbehaviour/malformed': {
    says: 'This is not evidence of misbehaviour: a member is missing, surplus, out of order or of the wrong kind.',
    do: 'Use the bytes exactly as the monitor wrote them.',
  },
  'misbehaviour/type-unknown': {
    says: 'The evidence is of a type that this version does not know.',
    do: 'Use a version of Countersign that knows it.',
  },
  'misbehaviour/log-forked': {
    says: 'The log has signed two trees that cannot both be its history.',
    do: 'Stop relying on this log, and publish the evidence: anyone can check it without you.',
  },
  'misbehaviour/promise-broken': {
    says: 'The log took no notice of a receipt that it had promised to include and that was submitted in time.',
    do: 'Publish the evidence, and submit the receipt to another log that your policy names.',
  },
  'misbehaviour/witness-forked': {
    says: "The witness has cosigned two trees that cannot both be the log's history.",
    do: 'Remove the witness from your policy, and publish the evidence.',
  },
  'misbehaviour/witness-time-reversed': {
    says: 'The witness has cosigned a smaller tree as the largest that it had seen, after it had cosigned a larger one by its own clock.',
    do: 'Remove the witness from your policy, and publish the evidence.',
  },
  'misbehaviour/receipt-forked': {
    says: 'The issuer has signed two different statements about one numbered exchange.',
    do: 'Stop relying on this issuer, and publish the evidence.',
  },
  'misbehaviour/receipt-withheld': {
    says: 'The issuer has closed an epoch and left out an exchange that it had accepted, or a receipt that it had given.',
    do: 'Stop relying on this issuer: what it does not like it leaves out. Publish the evidence.',
  },
  'misbehaviour/wrong-bill': {
    says: 'The issuer has signed a price that contradicts itself, or the price list that it names.',
    do: 'Do not pay by this receipt, ask for a refund, and publish the evidence.',
  },
  'misbehaviour/key-unknown': {
    says: 'The evidence is about a key that your trust file does not name, so it accuses nobody whom you know.',
    do: 'Pass the trust file of that log, or --key with the verifier key of the accused.',
  },
  'misbehaviour/key-retired': {
    says: 'The key had been retired or revoked, so that what it signs proves nothing about its owner.',
    do: 'Ask who held the key then; the key change is in the log.',
  },
  'misbehaviour/keys-differ': {
    says: 'The two signatures are by two keys, which each may have signed one of them honestly.',
    do: 'Look for two statements that were signed by one key.',
  },
  'misbehaviour/origins-differ': {
    says: 'The two checkpoints are of two logs.',
    do: 'Compare only checkpoints that have one origin.',
  },
  'misbehaviour/origin-foreign': {
    says: "The checkpoint's origin is not the name of the log's key.",
    do: 'Compare only checkpoints of the log that you know.',
  },
  'misbehaviour/sizes-differ': {
    says: 'The two trees are of different sizes, so that different roots are no contradiction.',
    do: 'Look for a consistency proof between the two.',
  },
  'misbehaviour/sizes-not-ascending': {
    says: 'The second tree is not larger than the first.',
    do: 'Compare a smaller tree with a larger one.',
  },
  'misbehaviour/size-zero': {
    says: 'The first tree is empty, and every tree extends the empty one.',
    do: 'Compare trees that hold something.',
  },
  'misbehaviour/roots-equal': {
    says: 'The two roots are the same, so there is one tree.',
    do: 'Nothing: this is what honest logs and witnesses sign.',
  },
  'misbehaviour/times-in-order': {
    says: 'The larger tree was not cosigned at an earlier time than the smaller one.',
    do: 'Nothing: a witness may lag behind, and may sign its latest tree again.',
  },
  'misbehaviour/time-not-stated': {
    says: 'The signature states no time, so that it says nothing about when.',
    do: 'Look for a signature with a time.',
  },
  'misbehaviour/payloads-equal': {
    says: 'Both envelopes hold the same statement.',
    do: 'Nothing: one statement may be signed or sent twice.',
  },
  'misbehaviour/exchanges-agree': {
    says: 'An acceptance and a receipt of one exchange have one number, as they must.',
    do: 'Nothing: this is what honest issuers sign.',
  },
  'misbehaviour/numbers-differ': {
    says: 'The two statements are not of one issuer, epoch, client and counter.',
    do: 'Compare statements that share all four.',
  },
  'misbehaviour/epochs-differ': {
    says: 'The closing is of another epoch, or of another issuer, than what is held against it.',
    do: 'Look for the closing of the epoch that the acceptance or the receipt names.',
  },
  'misbehaviour/closing-agrees': {
    says: 'The closing lists this exchange, with the receipt that is held if it is one.',
    do: 'Nothing is to be done: nothing was left out.',
  },
  'misbehaviour/loss-stated': {
    says: 'The closing says itself that this may be missing: it came too late for what a process that died had made durable, or the exchange still ran.',
    do: 'Hand the receipt in to the log if there is one; an issuer that loses much, or often, is not one to rely on.',
  },
  'misbehaviour/price-absent': {
    says: 'The receipt states no price, so that there is none that could be wrong.',
    do: 'Look for the receipt that has the price; a bill without one is a matter between you and the operator.',
  },
  'misbehaviour/list-mismatch': {
    says: 'The receipt names another price list than the one that it is compared with, or none.',
    do: 'Ask the operator for the list whose digest the receipt names; the log has an entry that names it too.',
  },
  'misbehaviour/price-hidden': {
    says: "The receipt does not show everything that its price depends on, such as the model's name.",
    do: 'Ask the operator how the price was reckoned: what is only committed to cannot be compared by others.',
  },
  'misbehaviour/price-agrees': {
    says: 'The price is as its lines and the price list have it.',
    do: 'Nothing: this is what honest issuers sign.',
  },
  'misbehaviour/deadline-not-passed': {
    says: 'The log had not yet signed anything after the deadline of its promise.',
    do: 'Wait for a checkpoint that the log has signed after the deadline.',
  },
  'misbehaviour/window-open': {
    says: "The log's signature came before the challenge window after the submission had passed.",
    do: 'Wait until the window has passed, and take a newer checkpoint.',
  },
  'misbehaviour/stamp-mismatch': {
    says: 'The stamp is of another receipt, or of a submission to another log.',
    do: 'Use the stamp that the mirror gave for this receipt.',
  },
  'misbehaviour/seen-mismatch': {
    says: 'The tree from which to start reading is not the one that the receipt says it had seen.',
    do: 'Make the evidence again with the monitor.',
  },
  'misbehaviour/policy-unseen': {
    says: 'The receipt names a policy that was not yet in the tree that it says it had seen, so the log may have refused it.',
    do: "Nothing: such a receipt's promise cannot be proven broken.",
  },
  'misbehaviour/receipt-logged': {
    says: 'The log holds the receipt.',
    do: 'Nothing: the promise was kept, late as it may have been.',
  },
  'misbehaviour/log-data-missing': {
    says: 'The entries that this evidence is about are not at hand.',
    do: 'Pass --log with the address of the log or of a mirror, or a folder with its tiles.',
  },
  'misbehaviour/log-data-mismatch': {
    says: 'The entries given do not make the root that the log has signed.',
    do: 'Take them from another mirror of the log.',
  },
  'monitor/epoch-missing': {
    says: "An issuer's receipt stands in the log before the entry that begins its epoch, or without one.",
    do: 'Ask the issuer: its epochs must be logged before their receipts.',
  },
  'monitor/epoch-repeated': {
    says: 'An issuer has begun one epoch twice.',
    do: 'Ask the issuer: numbers may have been given twice in it.',
  },
  'monitor/counter-repeated': {
    says: 'Two receipts in the log have one number, and the first can no longer be read as evidence.',
    do: 'Ask a mirror of the log for the first of the two entries.',
  },
  'monitor/closing-repeated': {
    says: 'An issuer has closed an epoch again.',
    do: 'Compare the two: an issuer that closes an epoch twice may say two things of it. Reconcile what you hold with both.',
  },
  'monitor/closing-contradicted': {
    says: 'A closing counts other receipts of its epoch than the log has before it.',
    do: 'Reconcile: countersign reconcile says which exchanges are missing or too many, and proves what can be proven.',
  },
  'monitor/receipt-after-closing': {
    says: 'An issuer has logged a receipt of an epoch that it had closed, and that had no exchange left to end.',
    do: 'Keep both entries: the closing was not complete, or the receipt was made later than it says.',
  },
  'monitor/payload-repeated': {
    says: 'The log holds one payload twice.',
    do: "Tell the log's operator: a log takes each statement once.",
  },
  'monitor/previous-unknown': {
    says: 'A receipt names one before it that was not in the log by then.',
    do: 'Nothing yet: receipts may have been logged out of order; ask the issuer if the other one never comes.',
  },
  'monitor/previous-repeated': {
    says: 'Two receipts of one client name the same one before them.',
    do: "Ask the issuer: a client's receipts must make one chain.",
  },
  'monitor/seen-unknown': {
    says: 'A receipt says that it had seen a tree which this log never had.',
    do: 'Ask the issuer which log it was shown; keep the receipt, for the log may show others another tree.',
  },
  'monitor/erasure-unknown': {
    says: 'An entry says that content was erased whose receipt is not in the log before it.',
    do: 'Ask the operator which receipt was meant: one may have been left out of the log.',
  },
  'monitor/revocation-misnumbered': {
    says: 'A revocation in the log has a number that another has, or that is not the next.',
    do: 'Read both entries, and ask the operator: whoever looks for revocations by their numbers may miss one.',
  },
  'monitor/policy-unknown': {
    says: 'A receipt names a policy that does not stand where it says.',
    do: 'Ask the issuer which policy was in force.',
  },
  'monitor/checkpoint-older': {
    says: 'The log serves an older checkpoint than it did before.',
    do: 'Nothing yet: it may come from a cache; ask the operator if it stays so.',
  },
  'monitor/checkpoint-contradicted': {
    says: 'A checkpoint that the log has signed contradicts its tree, but the log does not serve what a proof takes.',
    do: 'Keep both checkpoints, and ask a mirror of the log for its tiles.',
  },
  'monitor/tiles-contradicted': {
    says: 'What the log serves does not make the root that it has signed.',
    do: 'Try again later; a log that keeps serving this cannot be monitored, and should not be relied on.',
  },
  'monitor/entries-withheld': {
    says: 'The log does not serve entries that its checkpoint covers.',
    do: 'Try again later. If its published policy lets it remove them, pass --skip-missing to go on without.',
  },
  'monitor/state-corrupt': {
    says: 'What the monitor keeps on disk is damaged, or is of another log.',
    do: 'Pass another --data folder; the monitor then starts from the beginning.',
  },
  'monitor/batch-repeated': {
    says: 'A validator has used the same batch number twice.',
    do: 'Compare the two batches: it has told two stories about its verdicts, or runs twice with one key.',
  },
  'monitor/batch-missing': {
    says: "A validator's batch does not go on where the one that it names ends.",
    do: 'Ask the validator for the verdicts in between; until then they are missing.',
  },
  'monitor/record-contradicted': {
    says: "A validator's batch owns up to fewer overturned verdicts than the one before it.",
    do: 'Do not rely on its verdicts: it hides proofs against itself.',
  },
  'verdict/state-corrupt': {
    says: 'What the validator kept cannot be read, is damaged, or is about another log or key.',
    do: 'Give each log and each key a data folder of its own; restore this one from a backup if its disk has failed.',
  },
  'verdict/entry-refused': {
    says: 'The log did not take what the validator signed.',
    do: "See the log's own reason; a log takes verdicts from validators that its operator has admitted, and docs/validator.md says how one is.",
  },
  'verdict/submission-mixed': {
    says: 'The verdicts of a validator are all in the log or none of them is, and those of this data folder would be neither.',
    do: 'Go on as it began, with --submit or without. To begin otherwise give another data folder, and another key where the log has verdicts by this one.',
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
  'peer/checkpoint-missing': {
    says: 'There is no checkpoint at that address, so that no log can be read there.',
    do: "Check the address: a gateway's log is at <gateway>/log, a mirror's copy of it at <mirror>/<hash>. A log that is new has no checkpoint yet.",
  },
  'peer/answer-denied': {
    says: 'The other server has this, and says that it may not show it.',
    do: 'Look at <log>/retention for the reason; a mirror may still have it.',
  },
  'peer/answer-unexpected': {
    says: 'The other server answered with a status that its protocol does not have there.',
    do: 'Check the address, and what its operator says.',
  },
  'peer/resting': {
    says: 'The other server has failed lately, or has too many requests waiting, and is not asked again yet.',
    do: 'Try again later; see the messages before for what it answered.',
  },
  'peer/answer-malformed': {
    says: "The other server's answer is not in the form that its protocol has.",
    do: 'Check the address; if it is right, tell its operator.',
  },
  'client/receipt-missing': {
    says: 'The answer came without a receipt.',
    do: 'Ask a Countersign gateway, one that was not started with --no-inline; if it is one, something on the way has taken the receipt out.',
  },
  'client/header-malformed': {
    says: 'A header of the answer that the receipt is found by is missing, or not what a gateway writes.',
    do: 'Look for a proxy on the way that changes headers; if there is none, tell the operator.',
  },
  'client/header-too-large': {
    says: "The answer's receipt is longer than a header can be.",
    do: 'Tell the operator: no gateway sends a receipt of that length in a header.',
  },
  'client/answer-too-large': {
    says: 'The answer is longer than this client takes.',
    do: 'Raise the limit if the answer is meant to be that long.',
  },
  'client/exchange-mismatch': {
    says: 'The receipt is of another exchange than the answer says it belongs to.',
    do: 'Treat the answer as unverified: somebody has put two exchanges together.',
  },
  'client/nonce-missing': {
    says: "The receipt commits to no nonce, although one was sent: it may be of another client's exchange.",
    do: 'Ask a gateway of this version or later; if it is one, look for who takes the countersign-nonce header out on the way, or has put another receipt in.',
  },
  'client/nonce-mismatch': {
    says: 'The receipt commits to another nonce than was sent: it is of another exchange, whose request had the same bytes.',
    do: 'Treat the answer as unverified: somebody has given you the answer to another question, if only of the same words.',
  },
  'client/receipt-replayed': {
    says: 'This exchange has been received before: an old answer has come in the place of a new one.',
    do: 'Treat the answer as unverified, and look for who stands between you and the gateway.',
  },
  'client/receipt-stale': {
    says: 'The receipt says that the request came before this one was sent.',
    do: 'Check your clock; if it is right, an old answer has come in the place of a new one.',
  },
  'client/status-mismatch': {
    says: 'The HTTP status of the answer is not the one in the receipt.',
    do: 'Treat the answer as altered on its way.',
  },
  'client/answer-aborted': {
    says: 'The receipt is of an exchange that was broken off: the issuer had more to say than what has come, and nobody to say it to.',
    do: 'Treat the answer as cut off. Who hung up in your place stands between you and the gateway.',
  },
  'client/promise-too-long': {
    says: 'The receipt promises to be in the log only so late that the promise is worth nothing.',
    do: 'Ask the operator why, or allow longer promises.',
  },
  'client/acceptance-missing': {
    says: 'The stream began without the acceptance that the issuer signs.',
    do: 'Ask a gateway that was not started with --no-inline; if it was not, something on the way has taken the acceptance out.',
  },
  'client/comment-misplaced': {
    says: 'The stream has a comment that only an issuer may write, where no issuer writes one.',
    do: 'Treat the stream as altered.',
  },
  'client/stream-cut': {
    says: 'The stream ended before its receipt, and the gateway has none for what came.',
    do: 'Treat the answer as cut off, and ask again.',
  },
  'client/store-unavailable': {
    says: 'Opening and receipt could not be kept.',
    do: 'Look at the store: its folder, its space, its permissions. Without it nothing can be checked later.',
  },
  'client/record-malformed': {
    says: 'What the store gave back is not what was kept there.',
    do: 'Restore the store from a copy, or remove the record.',
  },
  'client/receipt-withheld': {
    says: 'The issuer accepted this exchange, and long afterwards there is no receipt for it.',
    do: 'Keep the acceptance: it proves that the number was given.',
  },
  'client/receipt-differs': {
    says: 'The gateway now shows another receipt of this exchange than the one that came with the answer.',
    do: 'Keep both; rely on the one that came with the answer.',
  },
  'client/checkpoints-unreconciled': {
    says: 'The log has not shown that its larger tree begins with the smaller one that it signed before.',
    do: 'Check again later; if it stays so, keep both checkpoints and ask the witnesses: the log may have been forked.',
  },
  'conformance/input-malformed': {
    says: 'The input of a conformance verb is not the JSON object that the verb reads.',
    do: 'See spec/conformance.md for the members of each verb.',
  },
  'binding/statement-malformed': {
    says: 'This is no statement that a gateway attests with, in canonical JSON.',
    do: "Use the statement's exact bytes, as the gateway serves them beside its evidence.",
  },
  'binding/convention-missing': {
    says: 'Nobody has said how this evidence carries that part of the run.',
    do: 'Name the field and the convention of whoever runs the machine, as spec/binding.md has them.',
  },
  'binding/part-missing': {
    says: 'A part of the run is missing that this could be compared with.',
    do: 'Give the part as well, or leave out what needs it.',
  },
  'binding/value-mismatch': {
    says: 'What the evidence carries is not of this run: its parts are of different runs, or another convention holds.',
    do: 'Do not rely on it unless you find that another convention is meant.',
  },
  'binding/statement-mismatch': {
    says: 'The statement that was attested names another key, TLS key, epoch or nonce than this run has.',
    do: 'Do not rely on it: the parts are of different runs.',
  },
  'binding/statement-silent': {
    says: 'The statement that was attested says nothing of that part.',
    do: 'Ask for evidence with a nonce, over the connection itself.',
  },
  'binding/evidence-refused': {
    says: 'The evidence was refused, so that what it carries shows nothing.',
    do: 'See the check of the evidence that failed.',
  },
  'binding/gpu-untied': {
    says: 'Nothing ties the evidence of the GPU to the quote of the machine.',
    do: "Ask with a nonce that the quote carries, and name the convention; without it the GPU can be anybody's.",
  },
  'binding/keys-untied': {
    says: 'No quote carries both the key and the TLS key.',
    do: 'Ask for a quote that carries both; without it the connection can end at another machine.',
  },
  'binding/key-unsuited': {
    says: 'The key of this run is not of the kind that receipts are signed with.',
    do: "Give the issuer's verifier key.",
  },
  'binding/receipt-key-mismatch': {
    says: 'The receipt is not signed with the key of this run.',
    do: "Do not rely on it: the receipt is somebody else's, or was changed.",
  },
  'binding/epoch-mismatch': {
    says: 'The receipt is of another epoch than the one that was attested.',
    do: 'Get the evidence of the epoch that the receipt names.',
  },
  'binding/nothing-bound': {
    says: 'No two of these parts can be bound to each other.',
    do: 'Give a quote with the key, nonce or GPU that it is to be of the same run with.',
  },
  'binding/several-machines': {
    says: 'A run is of one machine, and here are quotes of several.',
    do: "Check each machine's parts on their own.",
  },
  'import/kind-unknown': {
    says: 'This file is no part of a receipt or signed answer of that kind.',
    do: "See the command's help for the parts that it takes, and give each as it was served.",
  },
  'import/part-doubled': {
    says: 'Two files are the same part of the receipt, and it cannot be told which one counts.',
    do: 'Give one of them, or judge each by itself.',
  },
  'import/nothing-to-judge': {
    says: 'The part that everything else is about was not given.',
    do: 'Give the file that has the signature: the answer, the receipt, or the answer about its signature.',
  },
  'import/part-missing': {
    says: 'This was not looked at, because a part that it takes was not given.',
    do: 'Give the part that is named.',
  },
  'opengradient/response-malformed': {
    says: "This is no answer of OpenGradient's gateway with a signature that we can read.",
    do: 'Give the whole body as it came, a stream with its last event; an answer without tee_signature proves nothing.',
  },
  'opengradient/request-malformed': {
    says: "This is no request that OpenGradient's gateway would hash in a form that can be rebuilt.",
    do: "Give the request as it was sent; some contents are hashed in Python's own notation, which nobody can rebuild for certain.",
  },
  'opengradient/key-malformed': {
    says: 'This is no public key of RSA with 2,048 to 4,096 bits.',
    do: 'Give the key in PEM or DER, or the answer of /signing-key.',
  },
  'opengradient/batch-malformed': {
    says: "This is no dump of a batch of OpenGradient's settlements.",
    do: "Give the blob as it was published: a StandardMerkleTree in the format standard-v1 with OpenGradient's five columns.",
  },
  'opengradient/key-mismatch': {
    says: 'The signing key is not the one that the answer names.',
    do: 'Get the key of the enclave that answered; it makes a new one at every start.',
  },
  'opengradient/signature-invalid': {
    says: "The enclave's signature over the digests and the time does not verify.",
    do: 'Do not rely on it: it was changed, or signed by another.',
  },
  'opengradient/request-mismatch': {
    says: 'What was signed is not the digest of this request.',
    do: 'Give the exact request; if it is the right one, the answer is to another. Gateways before 2026-04 hash lists of content otherwise.',
  },
  'opengradient/output-mismatch': {
    says: "What was signed is not the digest of this answer's text or tool calls.",
    do: 'Do not rely on the answer: it is not what the enclave has signed.',
  },
  'opengradient/stream-unsupported': {
    says: 'Which bytes the enclave hashes of a stream that ends in tool calls is not published.',
    do: 'Ask without streaming where tool calls have to be proven.',
  },
  'opengradient/from-the-future': {
    says: 'The enclave states a time that has not come.',
    do: 'Check the time that you asked about.',
  },
  'opengradient/user-data-malformed': {
    says: "The attestation document's user data is not the two digests that OpenGradient's enclaves put in.",
    do: 'It is a document of another enclave: get that of the one that answered.',
  },
  'opengradient/key-unattested': {
    says: 'The attestation document names another signing key.',
    do: 'Get the document of the enclave that answered; one of another start has another key.',
  },
  'opengradient/certificate-mismatch': {
    says: 'The attestation document names another TLS certificate.',
    do: 'Do not rely on the connection: it may end at somebody else.',
  },
  'opengradient/tree-mismatch': {
    says: "A node of the batch's tree is not the hash of the two below it.",
    do: 'Do not rely on the batch: it was changed.',
  },
  'opengradient/leaf-mismatch': {
    says: 'An item of the batch is not the leaf that it says it is.',
    do: 'Do not rely on the batch: it was changed.',
  },
  'opengradient/leaves-incomplete': {
    says: 'A leaf of the batch has no item, or two items are one leaf.',
    do: 'Do not rely on the batch as the list of what was settled.',
  },
  'opengradient/root-mismatch': {
    says: 'The batch has another root than the one that was published.',
    do: 'Get the blob that the published root is of.',
  },
  'opengradient/signature-absent': {
    says: 'An item of the batch has no signature.',
    do: 'Nothing shows that an enclave has made it: anybody who could reach the service that settles can have put it in.',
  },
  'dstack/log-malformed': {
    says: 'This is no event log of a trust domain that we can read.',
    do: 'Give it as the service served it.',
  },
  'dstack/log-mismatch': {
    says: 'Replaying the event log does not give the register that the quote has.',
    do: 'Do not believe the log: what it says was measured was not.',
  },
  'dstack/compose-mismatch': {
    says: 'The compose file is not the one that was measured when the trust domain started.',
    do: 'Do not believe the file: other software runs there.',
  },
  'near/signature-malformed': {
    says: "This is no answer about a signature of NEAR AI's that we can read.",
    do: 'Give the answer of /v1/signature/<id> as it came; it is kept for minutes only.',
  },
  'near/report-malformed': {
    says: "This is no attestation report of NEAR AI's that we can read.",
    do: 'Give the answer of /v1/attestation/report as it came.',
  },
  'near/signature-invalid': {
    says: 'The key that is named has not signed this text.',
    do: 'Do not rely on it: it was changed, or signed by another.',
  },
  'near/request-mismatch': {
    says: 'The signed text has the digest of another request.',
    do: 'Give the exact bytes that were sent: JSON that was written anew has another digest.',
  },
  'near/response-mismatch': {
    says: 'The signed text has the digest of another response.',
    do: 'Give the exact bytes that came, of a stream all of them: JSON that was written anew has another digest.',
  },
  'near/model-mismatch': {
    says: 'The signed text names another model than the request.',
    do: 'Ask for the model by its canonical name; an alias is resolved before it is signed.',
  },
  'near/kind-unstated': {
    says: 'The answer does not say whether the gateway or the serving side of the model has signed.',
    do: 'Ask for the signature anew: older answers have no signature_kind, and the text alone does not say whose key it is.',
  },
  'near/kind-mismatch': {
    says: 'The signed text is not of the form of the component that is said to have signed it.',
    do: 'Do not rely on it: a gateway signs two digests, the serving side names the model as well.',
  },
  'near/signer-unattested': {
    says: 'The attestation report is not about the key that has signed.',
    do: 'Ask for the report with this signing address; the service may have started anew since.',
  },
  'near/report-data-mismatch': {
    says: 'The quote does not carry this key, TLS key and nonce.',
    do: 'Do not rely on the report: its parts are of different trust domains, or it answers another nonce.',
  },
  'aci/receipt-malformed': {
    says: 'This is no receipt of aci/1 that we can read.',
    do: 'Give the answer of /v1/aci/receipts/<id> as it came.',
  },
  'aci/report-malformed': {
    says: 'This is no attestation report of aci/1 that we can read.',
    do: 'Give the answer of /v1/aci/attestation as it came. Drafts before August 2026 have other reports.',
  },
  'aci/session-malformed': {
    says: 'This is no session of aci/1 that we can read.',
    do: 'Give the answer of /v1/aci/sessions/<id> as it came.',
  },
  'aci/version-unsupported': {
    says: 'This is of a version of Attested Confidential Inference that is not known here.',
    do: 'Use a build that knows it.',
  },
  'aci/key-unknown': {
    says: 'The keyset has no receipt key of the name that the receipt gives, or several.',
    do: 'Get the report of the keyset that the receipt names.',
  },
  'aci/algorithm-unsupported': {
    says: "The keyset's entry names an algorithm other than Ed25519.",
    do: 'Use a build that knows it.',
  },
  'aci/signature-invalid': {
    says: "The workload's signature over the receipt does not verify.",
    do: 'Do not rely on it: it was changed, or signed by another.',
  },
  'aci/keyset-mismatch': {
    says: 'Report and receipt do not name the keyset that is in the report.',
    do: 'Get the report of the keyset that the receipt names; a service changes its keys.',
  },
  'aci/keyset-expired': {
    says: 'The keyset has run out.',
    do: 'Ask as of a time when it was in force, if you may judge old receipts so.',
  },
  'aci/evidence-unsupported': {
    says: 'The report has no quote of Intel TDX, the one kind of evidence of aci/1 that is read here.',
    do: 'Check the evidence by itself, with countersign evidence.',
  },
  'aci/report-data-mismatch': {
    says: 'The quote does not carry the digest of this keyset and nonce.',
    do: 'Do not rely on the report: its parts do not belong together, or it answers another nonce.',
  },
  'aci/tls-unlisted': {
    says: 'The key of the TLS connection is not in the keyset.',
    do: 'Do not send anything over the connection: it ends outside of what was attested.',
  },
  'aci/request-mismatch': {
    says: 'The receipt of the workload has the digest of another request.',
    do: 'Give the exact bytes that were sent; of an encrypted request those that the service has restored.',
  },
  'aci/response-mismatch': {
    says: 'The receipt of the workload has the digest of another response.',
    do: 'Give the exact bytes that came over the wire, of a stream all of them.',
  },
  'aci/upstream-unverified': {
    says: 'The receipt does not say that the upstream was verified, or that it had to be.',
    do: 'Ask with aci_verified, so that the service refuses where it cannot verify.',
  },
  'aci/session-mismatch': {
    says: 'The session is not the one that the receipt cites.',
    do: 'Get the one that is cited; sessions are named by their digest.',
  },
  'aci/session-evidence-mismatch': {
    says: 'The evidence in the session is not what the session says it is.',
    do: 'Do not rely on the session.',
  },
  'aci/session-outdated': {
    says: 'The answer was served before the session began or after it had ended.',
    do: 'Do not conclude from the session what was so at that time.',
  },
  'air/malformed': {
    says: 'This is no Attested Inference Receipt that we can read.',
    do: 'Give the receipt as it was issued.',
  },
  'air/profile-unsupported': {
    says: 'This is a receipt of another profile than version 1 of Attested Inference Receipts.',
    do: 'Use a build that knows it.',
  },
  'air/signature-invalid': {
    says: 'The signature of the receipt does not verify under this key.',
    do: 'Do not rely on it: it was changed, or signed by another.',
  },
  'air/evaluation': {
    says: 'The receipt is of a workload that was run for evaluation.',
    do: 'Do not rely on it in production.',
  },
  'air/mode-unknown': {
    says: 'The receipt names a security mode that the draft does not define.',
    do: 'Ask its issuer what it means; receipts of earlier drafts have such names.',
  },
  'air/from-the-future': {
    says: 'The receipt states a time that has not come yet.',
    do: 'Check the time that you asked about.',
  },
  'air/request-mismatch': {
    says: 'The receipt has the digest of another request.',
    do: 'Give the exact bytes that the issuer hashes.',
  },
  'air/response-mismatch': {
    says: 'The receipt has the digest of another response.',
    do: 'Give the exact bytes that the issuer hashes.',
  },
  'air/nonce-mismatch': {
    says: 'The receipt has another nonce than was asked with, or none.',
    do: 'It was made for somebody else, or before.',
  },
  'air/attestation-mismatch': {
    says: 'The attestation is not the one that the receipt names by its digest.',
    do: 'Get the document that is named.',
  },
  'air/attestation-stub': {
    says: 'What the receipt names as its attestation is no evidence of hardware: nobody can verify it.',
    do: 'Do not believe what the receipt says about its hardware, however valid its signature is.',
  },
  'air/key-unattested': {
    says: 'The attestation names another key than the one that has signed the receipt.',
    do: "Do not rely on it: anybody can sign a receipt that names somebody else's attestation.",
  },
  'air/measurement-mismatch': {
    says: 'The receipt states a measurement that its attestation does not have.',
    do: 'Do not rely on it: the receipt says something else about the workload than the hardware does.',
  },
  'provider/answer-malformed': {
    says: 'This is no attestation of that provider in the form that is known here.',
    do: 'See docs/providers.md for the form; the provider may have changed it.',
  },
  'provider/nonce-mismatch': {
    says: "The provider's attestation answers another nonce.",
    do: 'Do not send anything: it is an old answer, or one to somebody else.',
  },
  'provider/binding-mismatch': {
    says: "The evidence does not carry the keys and the nonce that the provider's answer has beside it.",
    do: 'Do not send anything: the keys are not those of what was attested.',
  },
  'provider/unattestable': {
    says: 'The provider serves no attestation that can be checked by whoever asks over HTTP.',
    do: 'See docs/providers.md for what the provider has in place of that.',
  },
  'provider/tls-unbound': {
    says: "The provider's evidence binds no TLS key: who the connection ends at was not attested.",
    do: 'Send only what you would send without attestation, or encrypt to the key that the evidence binds.',
  },
  'provider/tls-unseen': {
    says: 'The key that the TLS connection ends at was not seen.',
    do: 'Connect yourself, so that the key can be compared with the one that was attested.',
  },
  'provider/tls-mismatch': {
    says: 'The TLS connection ends at another key than the one that was attested.',
    do: 'Do not send anything over the connection.',
  },
  'attestation/unreachable': {
    says: 'The upstream could not be reached to be asked for its attestation.',
    do: 'Check that it is running and that the address is right; nothing was sent to it.',
  },
  'attestation/late': {
    says: "The upstream's attestation was not there in time.",
    do: "Try again; if it stays so, give the gateway a longer limit for connecting, or ask the upstream's operator.",
  },
  'attestation/refused': {
    says: 'The upstream answered with another status when it was asked for its attestation, and redirects are not followed.',
    do: 'Check that the upstream is of the provider that the configuration names, and that its address and key are right.',
  },
  'attestation/excessive': {
    says: "The upstream's attestation is longer than any is.",
    do: 'Check that the upstream is of the provider that the configuration names.',
  },
  'attestation/connection-changed': {
    says: 'The upstream showed another TLS certificate in the middle of its attestation.',
    do: 'Try again; if it stays so, several machines with keys of their own answer under this name, and no connection is to one of them alone.',
  },
  'attestation/key-unattested': {
    says: "The connection ends at a TLS key that no evidence of the upstream's binds.",
    do: 'Nothing was sent; somebody may stand in between, or the upstream has several machines and only some were met.',
  },
  'attestation/software-unnamed': {
    says: 'The configuration names no measurements for evidence of this kind, so that any software would do.',
    do: "Name under the upstream's attestation which measurements are accepted for that kind of evidence.",
  },
  'attestation/document-malformed': {
    says: "This is no record of an upstream's attestation, as gateways keep it.",
    do: "Fetch it again from the gateway's /v1/evidence/<digest>, by the digest in the receipt.",
  },
  'attestation/none': {
    says: 'This gateway does not attest itself.',
    do: 'Ask its operator; with --attester it runs where the hardware can vouch for it.',
  },
  'attestation/nonce-malformed': {
    says: 'A nonce is 16 to 64 bytes in small hexadecimal, given once, and nothing else can be asked.',
    do: 'Send ?nonce= with 32 to 128 digits, or nothing.',
  },
  'attester/unavailable': {
    says: 'The machine gave no evidence of itself.',
    do: 'Try again; if it stays so, the operator sees in the log what the device or the program said.',
  },
  'attester/device-missing': {
    says: 'What is to attest this gateway is not there.',
    do: 'Start it in a confidential machine of that kind, with its device given to the process, or leave --attester out.',
  },
  'attester/evidence-unbound': {
    says: "The machine's evidence does not carry what it was asked to carry.",
    do: 'Ask again; if it stays so, something between this process and the hardware answers in its place.',
  },
  'price/sum-wrong': {
    says: 'A line of the price is not its quantity times its price.',
    do: 'Do not pay by this receipt; ask its issuer for a refund.',
  },
  'price/amount-negative': {
    says: 'A line of the price is less than nothing.',
    do: 'Do not pay by this receipt; ask its issuer for a refund.',
  },
  'price/protocol-fee': {
    says: 'The price has a fee for the protocol, which takes none.',
    do: 'Do not pay by this receipt; ask its issuer for a refund.',
  },
  'price/list-contradicted': {
    says: 'The price is not what the price list says that the receipt refers to.',
    do: 'Keep the receipt and the list: together they show that the bill is wrong.',
  },
  'views/engine-missing': {
    says: 'Views need the package libsql, which is not installed.',
    do: 'Install it beside this package: npm install libsql.',
  },
  'views/file-unreadable': {
    says: 'The file of the views cannot be opened as one.',
    do: 'Remove the folder views from the data folder and make them anew (countersign views rebuild): nothing is lost by it.',
  },
  'views/file-foreign': {
    says: 'The views are of another log, or were made by another version.',
    do: 'Make them anew: countersign views rebuild.',
  },
  'views/reading-ended': {
    says: 'A thread that reads the log for the views has ended before it was done.',
    do: 'Run the command again: it goes on where it has come to. If that happens again, look whether the machine has memory left.',
  },
  'views/log-contradicted': {
    says: 'The entries on disk do not make the tree that the log has signed.',
    do: 'Look for the damage with countersign log fsck, then make the views anew: countersign views rebuild.',
  },
  'access/key-missing': {
    says: 'This gateway answers only those who show a key of its own.',
    do: "Send the key as the SDK sends an API key; ask the gateway's operator for one.",
  },
  'access/key-unknown': {
    says: "The key that was shown is none of this gateway's.",
    do: "Check that the key is whole; a key of the provider's own is not taken here.",
  },
  'access/key-expired': {
    says: 'The time of the key that was shown is over.',
    do: "Use the key that has taken its place, or ask the gateway's operator for one.",
  },
  'access/key-revoked': {
    says: 'The key that was shown has been revoked.',
    do: "Ask the gateway's operator for another one.",
  },
  'access/name-unknown': {
    says: 'There is no virtual key of that name or id.',
    do: 'List the keys, and take a name or an id from there.',
  },
  'access/name-taken': {
    says: 'There is a virtual key of that name already.',
    do: 'Rotate it, or take another name.',
  },
  'access/model-refused': {
    says: 'The key that was shown may not ask for this model.',
    do: "Ask for a model that the key is for, or ask the gateway's operator for more.",
  },
  'access/requests-exhausted': {
    says: 'There have been as many requests as there may be.',
    do: "Try again after the time in the retry-after header; where there is none, ask the gateway's operator.",
  },
  'access/tokens-exhausted': {
    says: 'There are fewer tokens left than the request may take.',
    do: "Set a lower limit to the answer's tokens, or try again after the time in the retry-after header.",
  },
  'access/money-exhausted': {
    says: 'There is less money left than the request may cost.',
    do: "Set a lower limit to the answer's tokens, or try again after the time in the retry-after header.",
  },
  'access/request-over-limit': {
    says: 'The request may take more than may be taken in all.',
    do: "Set a lower limit to the answer's tokens, or send a shorter prompt.",
  },
  'access/money-unpriced': {
    says: "The key's money is limited, and the model has no price.",
    do: "Ask for a model that has one, or ask the gateway's operator to price this one.",
  },
  'access/ledger-unavailable': {
    says: 'What is spent cannot be recorded, so nothing more may be spent.',
    do: "Make room on the disk of the gateway's data folder, and start it again.",
  },
  'access/file-malformed': {
    says: 'The file of virtual keys is not as this program writes it.',
    do: 'Put back a copy of the file; do not edit it by hand.',
  },
  'refund/unpriced': {
    says: 'The exchange has cost nothing, or nobody knows what.',
    do: "Check the exchange's id and the price in its receipt.",
  },
  'refund/amount-refused': {
    says: 'The amount is nothing, or more than was paid.',
    do: 'Give back at most what the receipt says that was paid.',
  },
  'refund/repeated': {
    says: 'The log has ordered a refund of this exchange already.',
    do: 'Read the entry that is named; each exchange can have one refund.',
  },
  'revocation/chip': {
    says: 'The chip behind the evidence was revoked by the time that is asked about.',
    do: "Rely on the operator's word alone for where it ran, or ask about an earlier time to know what was good then.",
  },
  'revocation/tcb': {
    says: 'The security level of the hardware or firmware behind the evidence was revoked by the time that is asked about.',
    do: "Rely on the operator's word alone for where it ran, or ask about an earlier time to know what was good then.",
  },
  'revocation/measurement': {
    says: 'The software that the evidence measures was revoked by the time that is asked about.',
    do: "Rely on the operator's word alone for where it ran, or ask about an earlier time to know what was good then.",
  },
  'revocation/signer': {
    says: 'The key that has signed the software behind the evidence was revoked by the time that is asked about.',
    do: "Rely on the operator's word alone for where it ran, or ask about an earlier time to know what was good then.",
  },
  'revocation/model': {
    says: 'The weights that the receipt names were revoked by the time that is asked about.',
    do: 'Do not rely on which model answered; ask about an earlier time to know what was good then.',
  },
  'revocation/unrelated': {
    says: 'The bundle carries a revocation that the receipt cannot be concerned by.',
    do: 'Fetch the bundle again from the gateway that issued the receipt.',
  },
  'revocation/value-malformed': {
    says: 'There is no such value of what is to be revoked.',
    do: 'Give it as countersign evidence index find writes it: bytes in small hexadecimal, a TCB level as its parts with colons between them.',
  },
  'revocation/since-future': {
    says: 'It is to count as bad only from a time that has not come yet.',
    do: 'Give a time that has passed, or none: then it always was bad.',
  },
  'revocation/key-of-log': {
    says: 'A key of the log is not revoked like this: its end is a key change, at an index.',
    do: 'Use countersign key revoke; docs/keys.md says how.',
  },
  'revocation/repeated': {
    says: 'The log has revoked this already, and from no later time on.',
    do: 'Look at which entry it is with countersign revocations; nothing more can be taken away.',
  },
  'revocation/full': {
    says: 'The log holds as many revocations as a log can.',
    do: 'Revoke something wider, such as a measurement in place of each of its chips.',
  },
  'webhook/refused': {
    says: 'The receiver of a webhook did not take a notice.',
    do: 'Ask its operator, with the HTTP status that is named; the notice is sent again.',
  },
  'webhook/unreachable': {
    says: 'The receiver of a webhook does not answer.',
    do: 'Check its address and that it is running; the notice is sent again.',
  },
  'webhook/address-private': {
    says: "The name of a webhook's receiver leads to an address that is not of the public internet.",
    do: 'Check who controls the name. If it is meant to be in your own network, set private: true for it, or write its address.',
  },
  'clause/malformed': {
    says: 'The policy is not in the form that policies have.',
    do: 'Correct what is named; the schema is spec/schemas/policy.json, and docs/policy.md says what each member means.',
  },
  'clause/name-repeated': {
    says: 'Two rules of the policy have one name.',
    do: 'Give each rule a name of its own: receipts refer to it.',
  },
  'clause/key-unknown': {
    says: 'The policy names a virtual key that there is not.',
    do: 'Correct the name (countersign access list), or write a pattern with * for keys that are yet to come.',
  },
  'clause/team-unknown': {
    says: 'The policy names a team that no virtual key belongs to.',
    do: 'Correct the name (countersign access list), or write a pattern with * for teams that are yet to come.',
  },
  'clause/upstream-unknown': {
    says: 'The policy names an upstream that the gateway has not.',
    do: "Correct the name, or start the gateway with that upstream; the built-in model's is built-in.",
  },
  'clause/party-unknown': {
    says: 'The policy names a controller or a cloud that it states of no upstream.',
    do: 'State it under upstreams, or correct the name: names are compared letter by letter.',
  },
  'clause/trust-useless': {
    says: 'The policy has a trust file for an upstream that gives no receipts.',
    do: 'Remove it, or use the upstream as a Countersign gateway.',
  },
  'clause/upstream-none': {
    says: 'There is no upstream that the rule lets be asked.',
    do: 'Let it ask one that there is: all lists under upstreams have to fit at once.',
  },
  'clause/grade-impossible': {
    says: 'The rule requires a grade that no upstream it lets be asked can give.',
    do: 'Require less, or let an upstream be asked that can: docs/policy.md has which grades there are today.',
  },
  'clause/rule-unreachable': {
    says: 'No request can come to the rule, because one above is for all of them.',
    do: 'Put the narrower rule above the wider one.',
  },
  'clause/check-repeated': {
    says: 'The rule has one check twice at one stage.',
    do: 'Remove one of the two.',
  },
  'clause/stage-impossible': {
    says: 'The check cannot be made at this stage: what it asks is not known then, or too late.',
    do: 'Use the stage that is named.',
  },
  'clause/refund-impossible': {
    says: 'Nothing can be given back before anything was sent.',
    do: 'Block, reroute or flag there, or check at a later stage.',
  },
  'clause/buffer-needed': {
    says: 'An answer cannot be blocked at the end when it was passed on before that.',
    do: 'Add buffer: true to the rule, check at first-byte, or let the failure be refunded or flagged.',
  },
  'clause/reroute-impossible': {
    says: 'There is no other upstream that the rule lets be asked.',
    do: 'Let a second one be asked, or block.',
  },
  'clause/prices-missing': {
    says: 'The rule asks for a price, and the gateway has no price list.',
    do: 'Start it with one (--prices), or remove the check.',
  },
  'clause/digest-impossible': {
    says: "No upstream that the rule lets be asked tells the digest of a model's files.",
    do: 'Let one be asked that does, such as the built-in model, or remove the check.',
  },
  'clause/receipt-impossible': {
    says: 'No upstream that the rule lets be asked gives receipts that could be judged.',
    do: 'State a trust file for an upstream that is a Countersign gateway, or remove the check.',
  },
  'clause/attestation-impossible': {
    says: 'Evidence is asked for of upstreams none of which is configured to attest itself.',
    do: 'Give one of them an attestation in the configuration, or leave the check out.',
  },
  'clause/diversity-repeated': {
    says: 'The rule has two limits for one kind of party.',
    do: 'Remove one of the two.',
  },
  'clause/diversity-impossible': {
    says: 'The parties of the upstreams that the rule lets be asked cannot take all of its traffic within the limit.',
    do: 'Raise the limit, let more parties be asked, or state who stands behind which upstream: all that are unstated count as one.',
  },
  'clause/too-large': {
    says: 'The policy is too large to be logged.',
    do: 'Shorten it: use patterns in place of lists, and fewer rules.',
  },
  'clause/file-unreadable': {
    says: 'A file that the policy names cannot be used.',
    do: "Correct the path, which is taken from the policy's folder, or the file.",
  },
  'clause/none-applies': {
    says: "No rule of the gateway's policy is for this request.",
    do: "Ask the gateway's operator for a rule, or ask for another model.",
  },
  'clause/upstream-refused': {
    says: 'The policy does not let this upstream be asked.',
    do: "Ask for a model of an upstream that the policy allows, or ask the gateway's operator.",
  },
  'clause/grade-unreachable': {
    says: 'The upstream can never give the grades that the policy requires.',
    do: "Ask for a model of an upstream that can, or ask the gateway's operator.",
  },
  'clause/diversity-exceeded': {
    says: 'The party behind the upstream has had as much of the traffic as the policy lets one party have.',
    do: 'Try again later, or ask for a model of another party.',
  },
  'clause/model-unpinned': {
    says: "The digest of the model's files is none of those in the policy, or is not known.",
    do: "Ask for the model whose files the policy names, or ask the gateway's operator.",
  },
  'clause/price-unknown': {
    says: 'The policy asks for a price, and there is none for this model or this answer.',
    do: "Ask for a model that has one, or ask the gateway's operator to price this one.",
  },
  'clause/model-substituted': {
    says: 'The upstream says that another model has answered than the one it was asked for, or does not say which.',
    do: 'Ask again, or ask for a model of another upstream; the receipt names both models.',
  },
  'clause/upstream-failed': {
    says: 'The upstream has refused or failed where the policy asks for an answer.',
    do: 'Ask again, or ask for a model of another upstream.',
  },
  'clause/answer-cut': {
    says: 'The answer did not come to its end, which the policy asks for.',
    do: 'Ask again; the receipt says how far it got.',
  },
  'clause/finish-missing': {
    says: 'The upstream did not say why the model stopped, which the policy asks for.',
    do: 'Ask again, or ask for a model of another upstream.',
  },
  'clause/usage-missing': {
    says: 'The upstream did not say how many tokens it used, which the policy asks for.',
    do: 'Ask again, or ask for a model of another upstream.',
  },
  'clause/receipt-missing': {
    says: 'The upstream gave no receipt of its own for its answer that its trust file bears out.',
    do: "Look at the upstream's gateway and at the trust file that the policy names for it.",
  },
  'clause/attestation-missing': {
    says: 'The policy asks for evidence of the upstream before anything is sent, and there is none that holds.',
    do: 'Ask for another model, or the operator; which evidence was missing or wrong is in the receipt.',
  },
  'clause/grade-missed': {
    says: 'The answer has not the grade that the policy requires.',
    do: "Ask for a model of an upstream that gives it, or ask the gateway's operator.",
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
  'data/refunds-malformed': {
    says: 'The note of how far refunds have been ordered is damaged.',
    do: "Restore the file from a backup, or write the log's size at the last good start into it.",
  },
  'clause/redaction-empty': {
    says: 'The rule takes nothing out of prompts, though it has a clause about it.',
    do: 'List kinds, or name a file of names, or remove the clause.',
  },
  'appraisal/policy-malformed': {
    says: 'This is not an appraisal policy.',
    do: 'Correct the member that is named; spec/verdict.md and spec/schemas/appraisal-policy.json say what each may hold.',
  },
  'appraisal/policy-excessive': {
    says: 'The appraisal policy holds something that may not stand in a public log for ever, or is too long for an entry.',
    do: 'Use published names, keys, digests and numbers alone, and at most 45,000 bytes.',
  },
  'appraisal/evidence-excessive': {
    says: 'There is more evidence than one verdict can name.',
    do: 'Give the evidence that belongs to this receipt, and no other.',
  },
  'appraisal/evidence-unreadable': {
    says: 'A piece of evidence cannot be read, so that nothing can be said about it, for or against.',
    do: 'Check which file it is; countersign evidence explain says what is wrong with it.',
  },
  'appraisal/receipt-old': {
    says: 'The receipt is older than the policy allows.',
    do: 'Ask for a newer answer, or appraise under a policy that allows this age.',
  },
  'appraisal/issuer-excluded': {
    says: 'The policy does not count receipts of this issuer.',
    do: 'Add the issuer to the policy if its receipts are meant to count.',
  },
  'appraisal/grade-missed': {
    says: 'The fact has been graded lower than the policy requires.',
    do: 'Get the evidence that shows the higher grade, or do not rely on the answer for what needs it.',
  },
  'appraisal/fact-unknown': {
    says: 'Nothing is known of a fact that the policy requires.',
    do: 'Nobody can say it afterwards; treat the answer as one without that fact.',
  },
  'appraisal/claim-missing': {
    says: 'The issuer does not claim what the policy requires it to claim.',
    do: 'Ask the issuer, or do not rely on the answer for it.',
  },
  'appraisal/model-substituted': {
    says: "Another model answered than the one that was asked for, by the issuer's own word.",
    do: 'Ask for a refund, or pin the model at the gateway by a policy.',
  },
  'appraisal/parties-few': {
    says: 'Fewer parties than the policy requires could make such a receipt mean nothing.',
    do: 'Add witnesses of other controllers to the quorum, or name the controllers in the trust file if they are known.',
  },
  'appraisal/provider-unknown': {
    says: 'The receipt of an upstream is by nobody whom the policy counts as a provider.',
    do: "Add the provider's verifier key to the policy's providers, from a source other than this receipt.",
  },
  'appraisal/receipt-unlinked': {
    says: "The receipt does not name the provider's own receipt as its evidence.",
    do: 'Give the one that it names; its issuer serves it at /v1/evidence/<digest>.',
  },
  'appraisal/attestation-unlinked': {
    says: 'The receipt does not name this attestation of an upstream as its evidence.',
    do: 'Hand in the one whose digest is in the receipt.',
  },
  'appraisal/attestation-old': {
    says: 'The attestation of the upstream was asked for after the exchange, or more than a day before it.',
    do: "Ask the gateway's operator why; an attestation counts for the exchanges that follow it soon.",
  },
  'appraisal/model-differs': {
    says: "The provider's own receipt does not name the model that this receipt names.",
    do: 'Report it to the issuer: it does not say what its provider has said.',
  },
  'appraisal/kind-excluded': {
    says: 'The policy does not count evidence of this kind.',
    do: 'Add the kind to the policy if it is meant to count.',
  },
  'appraisal/release-unknown': {
    says: "The evidence is of software that none of the policy's releases stands for.",
    do: 'Find out which software has this measurement before its release is added to the policy.',
  },
  'appraisal/grade-unreachable': {
    says: 'No receipt of today reaches a grade that the policy requires.',
    do: 'Require a grade that is reached; spec/verdict.md says which are, and how.',
  },
  'appraisal/provider-missing': {
    says: "The policy requires a provider's own receipt, and names no provider.",
    do: "List the providers' verifier keys under `providers`, or require `asserted`.",
  },
  'appraisal/kinds-none': {
    says: 'No kind of evidence is of a vendor that counts.',
    do: 'Name kinds and vendors that belong together, or only one of the two.',
  },
  'appraisal/machine-missing': {
    says: 'The policy requires a place, and only GPUs count, which show none.',
    do: 'Let a kind of evidence count that is of a whole machine.',
  },
  'appraisal/release-useless': {
    says: 'The policy has releases, and only GPUs count, which measure none of that.',
    do: 'Let a kind of evidence count that is of a whole machine, or leave `releases` out.',
  },
  'appraisal/software-unnamed': {
    says: 'The policy requires a place, and any software would do.',
    do: 'Name the software: under `releases`, or by the measurements of a kind.',
  },
  'appraisal/stage-impossible': {
    says: 'Nobody can show from a receipt that this was known at that stage.',
    do: "Ask for it at `final`; what must be known before is for evidence that says when it was made, and for the gateway's policy.",
  },
  'appraisal/freshness-unreachable': {
    says: 'No kind of evidence that counts says when it was made.',
    do: 'Let Nitro count, or leave `maximumAgeSeconds` out: all other evidence is as fresh as the run that it is bound to.',
  },
  'appraisal/name-repeated': {
    says: 'A name stands for two releases or two models.',
    do: 'Give each its own name, or put all measurements of one release into one entry.',
  },
  'appraisal/claim-impossible': {
    says: 'No claim that comes out today is as the policy requires it.',
    do: 'Ask for a status, a source and a coverage that claims about that fact have; spec/verdict.md lists them.',
  },
  'appraisal/policy-lenient': {
    says: 'The policy asks for nothing beyond the checks that are always made.',
    do: 'Say what is to be required: a grade, an age, a claim or a quorum.',
  },
  'appraisal/age-open': {
    says: 'A receipt of any age passes.',
    do: 'Set `maximumAgeDays`, if that is not meant.',
  },
  'appraisal/tcb-open': {
    says: "A machine of AMD's passes with firmware of any age.",
    do: 'Set `evidence.sev-snp.minimumTcb` for each product line that counts.',
  },
  'appraisal/release-unsigned': {
    says: "What this entry stands for is the author's word alone.",
    do: 'Take it from a signed statement: countersign releases import.',
  },
  'appraisal/member-idle': {
    says: 'A member of the policy changes nothing.',
    do: 'Leave it out, or let what it is about count.',
  },
  'appraisal/vendor-excluded': {
    says: 'The policy does not count hardware of this vendor.',
    do: "Give evidence of hardware that counts, or ask the policy's author.",
  },
  'appraisal/evidence-undated': {
    says: 'This evidence does not say when it was made, and the policy has to know.',
    do: "Give evidence that says it; only Nitro's does today.",
  },
  'appraisal/evidence-old': {
    says: 'The evidence was older than the policy allows when it was relied on.',
    do: 'Ask whoever answers to attest more often.',
  },
  'appraisal/evidence-late': {
    says: 'The evidence was made only after the request had come in.',
    do: 'Attest before asking: what comes later says nothing about where the request went.',
  },
  'appraisal/evidence-missing': {
    says: 'The policy says how old evidence may be, and there is none.',
    do: 'Hand in the evidence that belongs to this receipt.',
  },
  'appraisal/model-unlisted': {
    says: "The model that the receipt names by its files is none of the policy's.",
    do: 'Ask for a model that the policy lists, or list its digest.',
  },
  'appraisal/model-undigested': {
    says: 'The receipt does not say which files the model had, and the policy lists some.',
    do: 'Ask an operator who states the digest of its models.',
  },
  'appraisal/claim-refuted': {
    says: 'A claim that the policy requires is refuted.',
    do: 'Look at the clauses that failed.',
  },
  'appraisal/claim-unknown': {
    says: 'A claim that the policy requires is unknown, or does not apply.',
    do: 'Hand in the evidence that it would follow from.',
  },
  'appraisal/claim-unverified': {
    says: 'A claim that has to be verified is only asserted.',
    do: 'Hand in evidence that verifies it, or accept that somebody says so.',
  },
  'appraisal/claim-source-refused': {
    says: 'A claim comes from a source that the policy does not accept for it.',
    do: 'Hand in evidence of a source that the policy accepts.',
  },
  'appraisal/claim-coverage-differs': {
    says: 'A claim covers something else than the policy requires.',
    do: 'Hand in evidence that covers what the policy asks for: one exchange, or a whole run.',
  },
  'appraisal/claim-revocable': {
    says: 'A claim can be taken back by somebody whom the policy does not allow for.',
    do: 'Hand in evidence that rests on fewer, or name whoever may take it back.',
  },
  'verdict/malformed': {
    says: 'This is not a verdict.',
    do: 'Use the bytes exactly as they were signed.',
  },
  'verdict/policy-unlogged': {
    says: 'The policy of the verdict was not in the log before the verdict.',
    do: 'Do not rely on the verdict: its policy may have been chosen once the result was known.',
  },
  'verdict/log-mismatch': {
    says: 'The verdict is about another log.',
    do: 'Hand it in at the log that it names.',
  },
  'verdict/batch-malformed': {
    says: 'These are not the verdicts of a batch with what they were made from.',
    do: 'Get them again from the validator; if they stay like this, ask it for them in writing.',
  },
  'verdict/time-chosen': {
    says: 'The validator has judged as of another time than its checkpoint states.',
    do: 'Do not rely on these verdicts: it has chosen a moment that suits it.',
  },
  'verdict/missing': {
    says: 'The validator has left out a receipt in a range that it says it has judged.',
    do: 'Ask the validator for its verdict on this receipt.',
  },
  'misbehaviour/verdict-wrong': {
    says: 'A verdict says of a clause what its own inputs do not give.',
    do: 'Publish the evidence, and do not rely on verdicts by this key until its owner has explained it.',
  },
  'misbehaviour/verdict-right': {
    says: 'Judging again gives what the verdict says.',
    do: 'Nothing is proven; check whether the evidence names the clause that is meant.',
  },
  'misbehaviour/artefact-mismatch': {
    says: 'These are not the bytes that the verdict was made from.',
    do: 'Give exactly what the verdict names by digest: the bundle, the trust file, the policy, and each piece of evidence with all that belongs to it.',
  },
  'misbehaviour/checker-unknown': {
    says: 'The verdict was made by other rules than those of this version.',
    do: 'Check it with the version whose rules it names.',
  },
  'sigstore/bundle-malformed': {
    says: 'This is not a Sigstore bundle of the form that we read.',
    do: 'Use the bundle exactly as it was published.',
  },
  'sigstore/version-unsupported': {
    says: 'This Sigstore bundle is of another version than 0.3.',
    do: 'Ask for a bundle of version 0.3, which the tools of today write.',
  },
  'sigstore/content-unsupported': {
    says: 'This Sigstore bundle signs bytes that are not in it, and no statement.',
    do: 'Take the attestation of the release, and not the signature of a file.',
  },
  'sigstore/root-malformed': {
    says: 'What the bundle is to be verified with cannot be read.',
    do: "Give a trusted root of Sigstore's in JSON, or a public key or certificates in PEM.",
  },
  'sigstore/signer-differs': {
    says: 'The bundle is signed in another way than it is to be verified by.',
    do: 'Verify it by what its maker says: a trusted root, a public key, or the certificates of an authority.',
  },
  'sigstore/certificate-unfit': {
    says: "The signer's certificate or key is not for signatures of this kind.",
    do: "Use a certificate for signing code, on a curve of NIST's.",
  },
  'sigstore/certificate-unknown': {
    says: "No authority of the trusted root has issued the signer's certificate.",
    do: 'Check that the trusted root is that of the instance by which it was signed.',
  },
  'sigstore/certificate-expired': {
    says: "The signer's certificate was not valid when it was used.",
    do: 'Nobody may rely on this signature; ask for one that was made in time.',
  },
  'sigstore/certificate-unlogged': {
    says: "No certificate log of the trusted root has seen the signer's certificate.",
    do: 'Nobody may rely on this signature; ask for one by a certificate that was logged.',
  },
  'sigstore/time-missing': {
    says: 'Nobody who is trusted has stamped the time of this signature.',
    do: 'Ask for a bundle with a promise of the log or a stamp of a time stamper.',
  },
  'sigstore/entry-missing': {
    says: 'The signature is in no log.',
    do: "Ask for a bundle with its entry in a log of Sigstore's.",
  },
  'sigstore/entry-differs': {
    says: "The log's entry is about another statement or another signature.",
    do: 'The bundle was changed, or put together of two; get it again from its publisher.',
  },
  'sigstore/promise-invalid': {
    says: "The log's promise about the signature is not the log's.",
    do: 'The bundle was changed, or its log is not in the trusted root.',
  },
  'sigstore/proof-invalid': {
    says: 'It is not shown that the signature is in the log.',
    do: 'The bundle was changed, or its log is not in the trusted root.',
  },
  'sigstore/checkpoint-differs': {
    says: "The log's checkpoint is of another log or another tree than the proof.",
    do: 'The bundle was changed, or put together of two; get it again from its publisher.',
  },
  'sigstore/signature-invalid': {
    says: "The signature over the statement is not the signer's.",
    do: 'The statement was changed, or somebody else has signed it.',
  },
  'sigstore/issuer-refused': {
    says: 'Somebody else has vouched for the signer than was required.',
    do: 'Check who has signed, and name that issuer if you believe it.',
  },
  'sigstore/identity-refused': {
    says: 'Somebody else has signed than was required.',
    do: 'Check who has signed; a name is compared exactly.',
  },
  'release/payload-unsupported': {
    says: 'What is signed is no in-toto statement.',
    do: 'Take the attestation of the release.',
  },
  'release/statement-malformed': {
    says: 'What is signed is not an in-toto statement of the form that we read.',
    do: 'Use a statement of version 1, exactly as it was signed.',
  },
  'release/subject-missing': {
    says: 'The statement is about nothing: it has no subject with a digest.',
    do: 'Ask for a statement that names what was released.',
  },
  'release/subject-differs': {
    says: 'The statement is not about what was asked for.',
    do: 'Check the digest, or take the statement that belongs to it.',
  },
  'release/predicate-refused': {
    says: 'The statement is of another kind than was required.',
    do: 'Take the statement of the kind that you have asked for.',
  },
  'release/manifest-malformed': {
    says: 'The manifest of the signed model is not of the form that we read.',
    do: 'Use a signature by OpenSSF Model Signing, version 1.0.',
  },
  'release/manifest-differs': {
    says: 'The digest that is signed for the model is not that of the files that are listed.',
    do: 'Nobody may rely on this signature; ask whoever made it.',
  },
  'release/measurement-missing': {
    says: 'The statement says nothing that a machine measures.',
    do: 'Take a statement about measurements, or name the subjects whose digest is one.',
  },
  'release/builder-refused': {
    says: 'Something else has built this than was required.',
    do: 'Check who has built it, and name that builder if you believe it.',
  },
  'release/source-refused': {
    says: 'This was built from another source than was required.',
    do: 'Check what it was built from, and name that repository if you believe it.',
  },
  'release/bundle-missing': {
    says: 'A bundle on which an entry of the policy rests is not at hand.',
    do: 'Give the folder in which it was kept.',
  },
  'release/entry-unfounded': {
    says: 'An entry of the policy is not what the signed statement says.',
    do: 'Import the release again, and compare.',
  },
} as const;
