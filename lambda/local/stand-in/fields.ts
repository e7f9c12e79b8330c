// JSON of which nothing is known yet, and how to look into it without believing it.

import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'

export const fieldsOf = (value: unknown): JsonObject => (isJsonObject(value) ? value : {})

/** One value, several or none, as a list. */
export const listOf = (value: unknown): readonly unknown[] =>
  value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]

export const textsOf = (value: unknown): readonly string[] =>
  listOf(value).filter((one): one is string => typeof one === 'string')
