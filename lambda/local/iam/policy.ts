// A policy as IAM stores it, read once into a form that is quick to match. Whoever makes a document anew for each question pays for that
// each time; one that is kept is read once.
import { isJsonObject } from '../../core/base/json-object.ts'
import { listOf } from '../stand-in/fields.ts'

export interface PolicyDocument {
  readonly Version?: unknown
  readonly Statement: unknown
}

/** One that we write. */
export interface WrittenPolicy extends PolicyDocument {
  readonly Version: string
  readonly Statement: readonly unknown[]
}

/** As policies write it, one of a pair each; nothing is known of the values. */
export interface Statement {
  readonly Sid?: unknown
  readonly Effect?: unknown
  readonly Principal?: unknown
  readonly NotPrincipal?: unknown
  readonly Action?: unknown
  readonly NotAction?: unknown
  readonly Resource?: unknown
  readonly NotResource?: unknown
  readonly Condition?: unknown
}

export const statementsOf = ({ Statement }: PolicyDocument): readonly Statement[] =>
  listOf(Statement).filter(isJsonObject)

/** Older documents take a policy variable for plain text (IAM User Guide, "Variables and tags"). */
export const hasVariables = ({ Version }: PolicyDocument): boolean => Version === '2012-10-17'
