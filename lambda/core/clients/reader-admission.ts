// Whose roles may read a stage's secrets at all: those of its own account, of accounts that the configuration admits, or of its
// organization. The key's policy knows these and nothing else of a reader, so that one of another account is refused before anything
// is made: its secret would look right, and could not be decrypted. Pure; asked at synth and by whatever registers.

export interface ReaderAdmission {
  /** Of the stage. */
  readonly ownAccount: string
  readonly accounts: readonly string[]
  /** Every account of it; which ones those are, only KMS knows. */
  readonly organizationId?: string | undefined
}

/** The account in an ARN. */
export const accountOf = (arn: string): string => arn.split(':')[4] ?? ''

/** The accounts of these roles that the key does not admit, each once. */
export const strangeAccounts = (
  readers: readonly string[],
  { ownAccount, accounts, organizationId }: ReaderAdmission,
): readonly string[] => {
  if (organizationId !== undefined) return []
  const found = readers.map(accountOf).filter((account) => account !== ownAccount && !accounts.includes(account))
  return [...new Set(found)].sort()
}

/** Why such a reader is refused, and what to type. */
export const strangeAccountsFault = (accounts: readonly string[]): string =>
  `name roles of ${accounts.join(', ')}, whose calls the key does not admit: add ${accounts.map((account) => JSON.stringify(account)).join(', ')} to "readerAccounts", or set "readerOrganizationId", and deploy`
