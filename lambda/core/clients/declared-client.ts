// A client as somebody declares it, in a stack or in a file of the CLI's: what it is to be, and who says so. Pure types, and what
// every reader of declarations shares; whoever declares it, the secret that comes of it is the same.
import type { RotationRules } from '../secret/secret.ts'

export const removals = ['retain', 'deactivate', 'delete'] as const
/** What becomes of it when it is no longer declared. */
export type Removal = (typeof removals)[number]

/** Who declares a client: a construct of a stack, or a set of the CLI's. */
export interface Owner {
  readonly stackId: string
  readonly resource: string
}

/** Stands where a stack's id would, for what `m2m apply` declares. */
export const CLI = 'cli'

const SET = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export const SET_RULE = '1 to 64 letters, digits, . _ and -, starting with a letter or digit'

export const isSetName = (name: string): boolean => SET.test(name)

/** @param set names one file's clients, so that another file's are not taken for its own. */
export const cliOwner = (set: string): Owner => ({ stackId: CLI, resource: set })

export interface DeclaredClient {
  /** Prefix included. */
  readonly secretName: string
  /** As people see it at the issuer. */
  readonly displayName: string
  readonly description: string
  readonly scopes: readonly string[]
  readonly consumers: readonly string[]
  readonly rules: RotationRules
  readonly onRemoval: Removal
  /** `12h` or `2d`: its own, instead of the stage's. */
  readonly overlap?: string | undefined
  /** `30d`: its own, instead of the stage's. */
  readonly period?: string | undefined
  /** Whatever else its owner wants to find it by; never one of ours. */
  readonly tags: Readonly<Record<string, string>>
}

/** Ours, AWS's own, or none that Secrets Manager takes. */
export const isOwnTagKey = (key: string): boolean =>
  /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key) && !/^(aws|m2m):/i.test(key)

export const isTagValue = (value: string): boolean => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value)
