// A file for `m2m apply`: YAML (JSON is YAML), read into declared clients. Entries are those of cdk.json, checked by the same code. Every fault
// is listed at once, with its line; nothing is applied until there are none. Pure: the text comes in.

import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { defined } from '../../lambda/core/base/defined.ts'
import { isJsonObject } from '../../lambda/core/base/json-object.ts'
import { HOUR_MS } from '../../lambda/core/base/time-units.ts'
import type { StageView } from '../../lambda/core/clients/clients-api.ts'
import { type DeclaredClient, isSetName, removals, SET_RULE } from '../../lambda/core/clients/declared-client.ts'
import { shortPeriodFault } from '../../lambda/core/secret/campaign-turn.ts'
import { type ClientConfig, clientFields, readClientList, spanHours } from '../../lib/config/client-config.ts'
import { createPlace, type Place } from '../../lib/config/config-place.ts'
import { ownBackstopRules } from '../../lib/config/rotation-schedule.ts'
import { CommandFault, EXIT } from '../terminal/command-fault.ts'
import { yamlValue } from './yaml-value.ts'

interface ClientsFile {
  /** Names who owns these clients, so that another file's are not taken for its own. */
  readonly set: string
  readonly clients: readonly ClientConfig[]
}

const ROOT = 'file'
const DEFAULT_SET = 'default'
/** Members that only hold what others name by an anchor. */
const EXTENSION = 'x-'
const setShape = { expected: SET_RULE, fits: isSetName }
const DEFAULTED = ['readers', 'onRemoval', 'overlap', 'period', 'tags'] as const

/** `clients[3].scopes[0]` as steps. */
const stepsOf = (path: string): readonly (string | number)[] =>
  [...path.matchAll(/\[(\d+)\]|[^.[\]]+/g)].map(([text, index]) => (index === undefined ? text : Number(index)))

/** Where a path leads in the document, or as far as it leads. */
const positionOf = (root: Node | null, steps: readonly (string | number)[]): number | undefined => {
  let node: unknown = root
  let found = root?.range?.[0]
  for (const step of steps) {
    if (isSeq(node)) node = node.items[Number(step)]
    else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (pair === undefined) return found
      if (isScalar(pair.key)) found = pair.key.range?.[0] ?? found
      node = pair.value
      continue
    } else return found
    const { range } = (node ?? {}) as { readonly range?: readonly [number, number, number] | null }
    found = range?.[0] ?? found
  }
  return found
}

/** An entry's own say goes over the file's defaults; tags are joined. */
const withDefaults = (entry: unknown, defaults: Readonly<Record<string, unknown>>): unknown => {
  if (!isJsonObject(entry)) return entry
  const { tags: common } = defaults
  if (!isJsonObject(common) || (entry.tags !== undefined && !isJsonObject(entry.tags))) return { ...defaults, ...entry }
  return { ...defaults, ...entry, tags: { ...common, ...entry.tags } }
}

const readDefaults = (root: Place): Readonly<Record<string, unknown>> => {
  const place = root.inner('defaults')
  if (place === undefined) return {}
  place.onlyKnows(...DEFAULTED)
  return place.fields
}

const readRoot = (fields: Readonly<Record<string, unknown>>, faults: string[]): ClientsFile => {
  const own = Object.entries(fields).filter(([name]) => !name.startsWith(EXTENSION))
  const root = createPlace(ROOT, faults, Object.fromEntries(own))
  root.onlyKnows('set', 'defaults', 'clients')
  const defaults = readDefaults(root)
  if (!Array.isArray(fields.clients)) {
    root.fault('clients', `${root.has('clients') ? 'is malformed' : 'is missing'}: expected a list of clients`)
    return { set: '', clients: [] }
  }
  const merged = createPlace(ROOT, faults, { clients: fields.clients.map((entry) => withDefaults(entry, defaults)) })
  return {
    set: root.optional('set', setShape) ?? DEFAULT_SET,
    clients: readClientList(merged.list('clients'), removals[0]),
  }
}

/** `file.clients[3].name is …` as `clients.yaml:14:7 clients[3].name is …` */
const located = (fault: string, fileName: string, locate: (path: string) => string): string => {
  const [, path = '', what = fault] = /^file\.?(\S*) ([\s\S]*)$/.exec(fault) ?? []
  return `${fileName}${locate(path)} ${path === '' ? 'the file' : path} ${what.replace(/\bas in file\./, 'as in ')}`
}

const refuse = (fileName: string, faults: readonly string[]): CommandFault =>
  new CommandFault(
    EXIT.usage,
    `${fileName} has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}, and nothing was changed:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
  )

/** The parser's word for a stack that is full. */
const TOO_DEEP = /call stack/

const whyNotYaml = (message: string): string =>
  TOO_DEEP.test(message) ? 'nests its values too deeply' : `is not YAML: ${message}`

/** @throws CommandFault `usage` with every fault, one a line. */
export const readClientsFile = (text: string, fileName: string): ClientsFile => {
  const lines = new LineCounter()
  const at = (offset: number | undefined): string => {
    if (offset === undefined) return ''
    const { line, col } = lines.linePos(offset)
    return `:${line}:${col}`
  }
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    // The parser's words may quote the text, which is no secret here.
    throw refuse(
      fileName,
      document.errors.map(({ message, pos }) => `${fileName}${at(pos[0])} ${whyNotYaml(message)}`),
    )
  }
  const read = yamlValue(document)
  if (!read.ok) throw refuse(fileName, [`${fileName} ${read.refusal}`])
  const { value } = read
  if (!isJsonObject(value)) {
    throw refuse(fileName, [`${fileName} is malformed: expected "clients:" with a list of ${clientFields.join(', ')}`])
  }
  const faults: string[] = []
  const file = readRoot(value, faults)
  if (faults.length === 0) return file
  const locate = (path: string): string => at(positionOf(document.contents, stepsOf(path)))
  throw refuse(
    fileName,
    faults.map((fault) => located(fault, fileName, locate)),
  )
}

/** Periods that the stage's campaigns would exceed. @throws CommandFault `usage` with every fault, one a line. */
export const assertPeriods = (clients: readonly ClientConfig[], view: StageView, fileName: string): void => {
  const { campaignEveryHours } = view
  if (campaignEveryHours === undefined) return
  const faults = clients.flatMap(({ name, period }): readonly string[] => {
    const hours = spanHours(period)
    const fault = hours === undefined ? undefined : shortPeriodFault(hours * HOUR_MS, campaignEveryHours * HOUR_MS)
    return fault === undefined ? [] : [`${fileName} ${name}: period ${period} ${fault}`]
  })
  if (faults.length > 0) throw refuse(fileName, faults)
}

/** As the clients function and the plan know it. */
export const toDeclared = (client: ClientConfig, view: StageView): DeclaredClient => {
  const hours = spanHours(client.period)
  return {
    secretName: `${view.secretNamePrefix}${client.name}`,
    displayName: client.displayName ?? client.name,
    description: client.description,
    scopes: client.scopes,
    consumers: client.readers,
    // The backstop of its own period: no sooner than twice of it, as the stage's.
    rules: hours === undefined ? view.backstop : ownBackstopRules(hours, view.backstop),
    onRemoval: client.onRemoval,
    ...defined({ overlap: client.overlap, period: client.period }),
    tags: client.tags,
  }
}
