// The events' schemas (docs/events), compiled strictly: what a test holds an event of the bus against. A field that no schema names is
// a fault, so that nothing slips into an event unseen.
import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { plainForPeople } from '../../lambda/core/base/mail-text.ts'
import type { BusEvent } from '../../lambda/local/aws/event-bus.ts'
import type { BusEnvelope } from '../../lambda/local/aws/event-pattern.ts'
import { toEnvelope } from '../../lambda/local/aws/event-pattern.ts'

const folder = new URL('../../docs/events/', import.meta.url)

export interface EventSchema {
  readonly file: string
  readonly schema: Readonly<Record<string, unknown>>
  readonly detailType: string
  readonly sources: readonly string[]
}

const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Record<string, unknown>

const DEFINITIONS = 'definitions.v1.json'

const ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true })
// The package is CommonJS: its default export is a property of what is imported.
const addFormats = ('default' in formats ? formats.default : formats) as unknown
if (typeof addFormats === 'function') addFormats(ajv)
ajv.addSchema(read(DEFINITIONS))

export const eventSchemas: readonly EventSchema[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json') && file !== DEFINITIONS)
  .map((file) => {
    const schema = read(file)
    const { 'detail-type': type, source } = schema.properties as Record<string, { const?: string; enum?: string[] }>
    return { file, schema, detailType: type?.const ?? '', sources: source?.enum ?? [source?.const ?? ''] }
  })

const validators = new Map<string, ValidateFunction>(
  eventSchemas.map(({ detailType, schema }) => [detailType, ajv.compile(schema)]),
)

/** @returns what is wrong with an event of the bus; empty = it is as documented. */
export const envelopeFaults = (envelope: BusEnvelope): readonly string[] => {
  const validate = validators.get(envelope['detail-type'])
  if (validate === undefined) return [`${envelope['detail-type']} has no schema in docs/events`]
  if (validate(envelope)) return []
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${envelope['detail-type']}${instancePath} ${message} ${JSON.stringify(params)}`,
  )
}

const place = { busName: 'm2m', accountId: '000000000000', region: 'us-east-1' }

export const eventFaults = (event: BusEvent): readonly string[] => envelopeFaults(toEnvelope(event, place))

/** An event as whoever tells it has it, put into an envelope. */
export const publishedFaults = (
  source: string,
  { type, detail }: { readonly type: string; readonly detail: Readonly<Record<string, unknown>> },
): readonly string[] =>
  envelopeFaults({
    version: '0',
    id: '6d2efd1c-0000-4000-8000-000000000000',
    'detail-type': type,
    source,
    account: '000000000000',
    time: '2026-10-05T09:12:31Z',
    region: 'us-east-1',
    resources: typeof detail.secretArn === 'string' ? [detail.secretArn] : [],
    // As it goes over the wire.
    detail: JSON.parse(JSON.stringify(detail, plainForPeople)) as unknown,
  })
