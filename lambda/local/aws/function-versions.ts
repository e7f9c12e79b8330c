// Which code a function's name stands for: published versions, numbered from 1, and aliases that name one of them. A version never changes;
// an alias is moved by a deployment. Everything that begins asks here once and keeps the version it was given.

export const LATEST = '$LATEST'

export interface FunctionVersions {
  /** @returns the version that a caller's qualifier stands for now; undefined: there is no such version or alias. */
  resolve(functionArn: string, qualifier: string | undefined): string | undefined
  /** Publishes what is deployed as the next version and moves the alias to it. @returns its number */
  publish(functionArn: string, alias: string): string
}

interface Published {
  newest: number
  readonly aliases: Map<string, number>
}

/** @param aliasesOf what a function declares; undefined: every name is an alias of version 1 until it is moved. */
export const createFunctionVersions = (
  aliasesOf: (functionArn: string) => readonly string[] | undefined,
): FunctionVersions => {
  const functions = new Map<string, Published>()

  const publishedOf = (functionArn: string): Published => {
    const known = functions.get(functionArn)
    if (known !== undefined) return known
    const first: Published = { newest: 1, aliases: new Map(aliasesOf(functionArn)?.map((alias) => [alias, 1])) }
    functions.set(functionArn, first)
    return first
  }

  return {
    resolve: (functionArn, qualifier) => {
      if (qualifier === undefined || qualifier === LATEST) return LATEST
      const { newest, aliases } = publishedOf(functionArn)
      if (/^[0-9]+$/.test(qualifier)) {
        return Number(qualifier) >= 1 && Number(qualifier) <= newest ? qualifier : undefined
      }
      const version = aliases.get(qualifier) ?? (aliasesOf(functionArn) === undefined ? 1 : undefined)
      return version === undefined ? undefined : String(version)
    },
    publish: (functionArn, alias) => {
      const published = publishedOf(functionArn)
      published.newest += 1
      published.aliases.set(alias, published.newest)
      return String(published.newest)
    },
  }
}
