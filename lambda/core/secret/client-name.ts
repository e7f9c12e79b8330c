// What a client may be called, wherever it is named: in a file, in the configuration, to the clients function, on the command line and in
// the vendor's path. The name ends the secret's name (`m2m/<stage>/<name>`), so Secrets Manager must take it; it is one segment of the
// vendor's path and of IAM resources, so it holds nothing that a URL encodes and no wildcard. A name may end in a hyphen and six
// characters: Secrets Manager cannot find such a secret by a partial ARN, and finds it by its name or its whole ARN
// (Secrets Manager User Guide, "Troubleshoot", partial ARNs). No partial ARN is made anywhere; policies say `<name>-??????`.

const CLIENT_NAME = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/
const MAX_LENGTH = 64

export const CLIENT_NAME_RULE = '1 to 64 of a-z, 0-9, . _ and -, starting and ending with a letter or digit'

export const isClientName = (name: string): boolean => CLIENT_NAME.test(name)

const withoutEdges = (name: string): string => name.replace(/^[._-]+/, '').replace(/[._-]+$/, '')

/** The closest name that is one; undefined when nothing of it can stay. */
const closestName = (name: string): string | undefined => {
  const plain = name
    .slice(0, 2 * MAX_LENGTH)
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
  const closest = withoutEdges(withoutEdges(plain).slice(0, MAX_LENGTH))
  return isClientName(closest) ? closest : undefined
}

/** What was expected instead of this name, and what to write; it repeats what it can of the name. */
export const expectedClientName = (name: string): string => {
  const closest = closestName(name)
  return closest === undefined || closest === name ? CLIENT_NAME_RULE : `${CLIENT_NAME_RULE}; write "${closest}"`
}

/** @returns what is wrong with a secret's name as a client's, below the stage's prefix; undefined when it is one. */
export const nameBelowFault = (prefix: string, secretName: string): string | undefined => {
  if (!secretName.startsWith(prefix)) return `its name does not start with ${prefix}`
  const name = secretName.slice(prefix.length)
  return isClientName(name) ? undefined : `after ${prefix}, its name is malformed: expected ${expectedClientName(name)}`
}
