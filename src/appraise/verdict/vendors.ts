/** Which kinds of evidence there are, whose they are, and what each can say. */

export const MACHINES = ['nitro', 'sev-snp', 'tdx', 'sgx'] as const;
export const EVIDENCE_KINDS = [...MACHINES, 'nvidia'] as const;
export type EvidenceKindName = (typeof EVIDENCE_KINDS)[number];

export const VENDORS = ['amd', 'aws', 'intel', 'nvidia'] as const;
export type Vendor = (typeof VENDORS)[number];

/** Whose signature evidence of a kind rests on. */
export const VENDOR_OF: Readonly<Record<EvidenceKindName, Vendor>> = {
  nitro: 'aws',
  nvidia: 'nvidia',
  'sev-snp': 'amd',
  sgx: 'intel',
  tdx: 'intel',
};

/** Kinds whose documents say when they were made; all others are of any time since the key that they carry was there. */
export const DATED: readonly EvidenceKindName[] = ['nitro'];

/** Of which kinds evidence counts: those of `kinds` that are of `vendors`, each where it is given. */
export function countedKinds(
  kinds: readonly EvidenceKindName[] | undefined,
  vendors: readonly Vendor[] | undefined,
): readonly EvidenceKindName[] {
  return EVIDENCE_KINDS.filter(
    kind => (kinds?.includes(kind) ?? true) && (vendors?.includes(VENDOR_OF[kind]) ?? true),
  );
}
