// Which code a function's name stands for: published versions, numbered from 1, and aliases that name one of them. A version never changes;
// an alias is moved by a deployment. Everything that begins asks here once and keeps the version it was given.

export const LATEST = '$LATEST'

export interface FunctionVersions {
  /** @returns the version that a caller's qualifier stands for now; undefined: there is no such version or alias. */
  resolve(functionArn: string, qualifier: string | undefined): string | undefined
  /** Publishes what is deployed as the next version. @returns its number */
  publish(functionArn: string): string
  /** An alias is made, or moved. @param version its number, or $LATEST */
  point(functionArn: string, alias: string, version: string): void
  removeAlias(functionArn: string, alias: string): void
  /** A new function: nothing of it is published. */
  declare(functionArn: string): void
}

interface Published {
  newest: number
  readonly aliases: Map<string, string>
}

/** @param aliasesOf what a function declares; undefined: every name is an alias of version 1 until it is moved. */
export const createFunctionVersions = (
  aliasesOf: (functionArn: string) => readonly string[] | undefined,
): FunctionVersions => {
  const functions = new Map<string, Published>()

  const publishedOf = (functionArn: string): Published => {
    const known = functions.get(functionArn)
    if (known !== undefined) return known
    const first: Published = { newest: 1, aliases: new Map(aliasesOf(functionArn)?.map((alias) => [alias, '1'])) }
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
      return aliases.get(qualifier) ?? (aliasesOf(functionArn) === undefined ? '1' : undefined)
    },
    publish: (functionArn) => {
      const published = publishedOf(functionArn)
      published.newest += 1
      return String(published.newest)
    },
    point: (functionArn, alias, version) => {
      publishedOf(functionArn).aliases.set(alias, version)
    },
    removeAlias: (functionArn, alias) => {
      publishedOf(functionArn).aliases.delete(alias)
    },
    declare: (functionArn) => {
      functions.set(functionArn, { newest: 0, aliases: new Map() })
    },
  }
}
