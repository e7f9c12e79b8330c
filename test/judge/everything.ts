// One fault planted in the template of the configuration that has everything on: what a rule says of it, and of nothing else.
import { isJsonObject, type JsonObject } from '../../lambda/core/base/json-object.ts'
import { fieldsOf, listOf } from '../../lambda/local/stand-in/fields.ts'
import type { Rule } from '../../scripts/judge/finding.ts'
import { readTemplate, type Stack } from '../../scripts/judge/template.ts'
import { said } from './plant.ts'
import { fixture, synthesised } from './synthesised.ts'

type Json = Record<string, unknown>

const { stack, template } = synthesised(fixture('everything'))

export const ACCOUNT = stack.account

/** The properties of the resource whose logical id begins so; the change is made in place. */
export type Change = (properties: Json, id: string) => void

/** Resources by the beginning of their logical id, and by their type. */
export interface Plant {
  readonly begins: string
  readonly type: string
  readonly change: Change
}

/** Several changes of one template. */
export const plantedAll = (plants: readonly Plant[]): Stack => {
  const copy = structuredClone(template) as Json
  for (const { begins, type, change } of plants) {
    const found = Object.entries(fieldsOf(copy.Resources)).filter(
      ([id, one]) => id.startsWith(begins) && fieldsOf(one).Type === type,
    )
    if (found.length === 0) throw new Error(`${begins} (${type}) is not in the template.`)
    for (const [id, one] of found) change(fieldsOf(one).Properties as Json, id)
  }
  return readTemplate(copy, stack)
}

export const planted = (begins: string, type: string, change: Change): Stack => plantedAll([{ begins, type, change }])

/** Adds a resource of its own. */
export const plantedBeside = (id: string, one: object): Stack => {
  const copy = structuredClone(template) as Json
  ;(copy.Resources as Json)[id] = one
  return readTemplate(copy, stack)
}

export const statementsIn = (document: unknown): Json[] =>
  listOf(fieldsOf(document).Statement).filter(isJsonObject) as Json[]

/** The statement of this id, which must be there. */
export const statementIn = (document: unknown, sid: string): Json => {
  const found = statementsIn(document).find(({ Sid }) => Sid === sid)
  if (found === undefined) throw new Error(`No statement is called ${sid}.`)
  return found
}

export const withoutStatement = (document: unknown, sid: string): void => {
  const gone = statementIn(document, sid)
  ;(document as Json).Statement = statementsIn(document).filter((one) => one !== gone)
}

export const withStatement = (document: unknown, statement: JsonObject): void => {
  ;(document as Json).Statement = [...statementsIn(document), statement]
}

/** What the rule says of the good template and of the faulty one. */
export const saidOf = async (rule: Rule, faulty: Stack) => {
  const before = await said(rule, stack)
  if (before.length > 0) throw new Error(`The good template has findings: ${before.join('; ')}`)
  return said(rule, faulty)
}
