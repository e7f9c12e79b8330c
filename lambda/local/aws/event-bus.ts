// EventBridge's PutEvents: checks the entries as AWS does, keeps them and notifies whoever listens. There are no rules in
// here; who wants an event subscribes by `onEvent`. Any bus name is taken.
import { randomUUID } from 'node:crypto'
import { invalidInput } from './aws-fault.ts'
import { type Body, readInput } from './input.ts'
import type { AwsOperations } from './operations.ts'
import type { AwsSettings } from './settings.ts'

export interface BusEvent {
  readonly id: string
  readonly source: string
  readonly detailType: string
  /** Parsed. */
  readonly detail: unknown
  readonly resources: readonly string[]
  readonly busName: string
  /** Epoch milliseconds: the entry's own Time, or the call's on the shared clock. */
  readonly time: number
}

export interface EventBus {
  readonly operations: AwsOperations
  events(): readonly BusEvent[]
  /** Called for each event as it is put, before the reply. @returns the undo */
  onEvent(listener: (event: BusEvent) => void): () => void
  clear(): void
}

const MAX_REQUEST_BYTES = 256 * 1024
const TIME_BYTES = 14

interface Refused {
  readonly ErrorCode: string
  readonly ErrorMessage: string
}

const refuse = (ErrorCode: string, ErrorMessage: string): Refused => ({ ErrorCode, ErrorMessage })

const required = (name: string): Refused =>
  refuse('InvalidArgument', `Parameter ${name} is not valid. Reason: ${name} is a required argument.`)

const byteLength = (value: unknown): number => (typeof value === 'string' ? Buffer.byteLength(value) : 0)

/** AWS counts what an entry's fields weigh, not the request's JSON. */
const entryBytes = (entry: Body): number =>
  (entry.Time === undefined ? 0 : TIME_BYTES) +
  byteLength(entry.Source) +
  byteLength(entry.DetailType) +
  byteLength(entry.Detail) +
  (Array.isArray(entry.Resources) ? entry.Resources.reduce((sum: number, one) => sum + byteLength(one), 0) : 0)

const parseDetail = (text: string): object | undefined => {
  try {
    const detail: unknown = JSON.parse(text)
    return typeof detail === 'object' && detail !== null && !Array.isArray(detail) ? detail : undefined
  } catch {
    return undefined
  }
}

const busNameOf = (nameOrArn: string | undefined): string =>
  nameOrArn === undefined ? 'default' : nameOrArn.slice(nameOrArn.lastIndexOf('/') + 1)

const hasRequired = (entry: Body): boolean =>
  [entry.Source, entry.DetailType, entry.Detail].every((value) => typeof value === 'string' && value !== '')

export const createEventBus = (now: () => number, settings: AwsSettings): EventBus => {
  let events: BusEvent[] = []
  const listeners = new Set<(event: BusEvent) => void>()

  const readEntry = (body: Body): BusEvent | Refused => {
    const entry = readInput(body)
    const source = entry.text('Source')
    const detailType = entry.text('DetailType')
    const text = entry.text('Detail')
    const resources = entry.texts('Resources') ?? []
    const busName = busNameOf(entry.text('EventBusName'))
    if (!source) return required('Source')
    if (!detailType) return required('DetailType')
    if (!text) return required('Detail')
    if (source.startsWith('aws.')) return refuse('NotAuthorizedForSourceException', 'Not authorized for the source.')
    if (detailType.length > 128) {
      return refuse('InvalidArgument', 'Parameter DetailType is not valid. Reason: longer than 128 characters.')
    }
    const detail = parseDetail(text)
    if (detail === undefined) return refuse('MalformedDetail', 'Detail is malformed.')
    const time = typeof body.Time === 'number' ? body.Time * 1000 : now()
    return { id: randomUUID(), source, detailType, detail, resources, busName, time }
  }

  const putEntry = (body: Body): object => {
    const event = readEntry(body)
    if ('ErrorCode' in event) return event
    if (settings.entryFailures > 0) {
      settings.entryFailures -= 1
      return refuse(settings.entryFailureCode, 'The entry was not put.')
    }
    events.push(event)
    for (const listener of listeners) listener(event)
    return { EventId: event.id }
  }

  return {
    operations: {
      PutEvents: (body) => {
        const puts = readInput(body).items('Entries') ?? []
        if (puts.reduce((sum, entry) => sum + entryBytes(entry), 0) > MAX_REQUEST_BYTES) {
          throw invalidInput('Total size of the entries in the request is over the limit.')
        }
        if (!puts.some(hasRequired)) {
          throw invalidInput('No entry of the request has each of Source, DetailType and Detail.')
        }
        const results = puts.map(putEntry)
        return {
          FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length,
          Entries: results,
        }
      },
    },
    events: () => events,
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    clear: () => {
      events = []
    },
  }
}
