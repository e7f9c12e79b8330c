// The attributes of a DynamoDB item that are in use here, texts and numbers, and the keys of the records table.
import { isJsonObject, type JsonObject } from '../../core/base/json-object.ts'

/** Of the records table. */
export const keyOf = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } })
export const numberAttribute = (value: number) => ({ N: String(value) })
/** DynamoDB's time to live counts in seconds. It deletes some time later, within days. */
export const keptUntil = (ms: number) => numberAttribute(Math.ceil(ms / 1000))

export const numberIn = (item: JsonObject, name: string): number | undefined => {
  const field = item[name]
  const value = isJsonObject(field) ? Number(field.N) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

export const textIn = (item: JsonObject, name: string): string | undefined => {
  const field = item[name]
  return isJsonObject(field) && typeof field.S === 'string' ? field.S : undefined
}

/** Every item of a query, page by page. */
export const everyItem = async (
  ask: (from: unknown) => Promise<JsonObject | undefined>,
): Promise<readonly JsonObject[]> => {
  const found: JsonObject[] = []
  let from: unknown
  do {
    const page = await ask(from)
    const items: readonly unknown[] = Array.isArray(page?.Items) ? page.Items : []
    found.push(...items.filter(isJsonObject))
    from = page?.LastEvaluatedKey
  } while (from !== undefined)
  return found
}
