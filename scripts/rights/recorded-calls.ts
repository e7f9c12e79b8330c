// The calls that the suites make on laptops that evaluate every call, as a run of them keeps them (test/rights/recording.ts): who asked for what, with which
// conditions, and not by which policies, so that they can be put to the policies of today. What differs from run to run stands in it as one text.
import { createHash } from 'node:crypto'
import type { RequestContext } from '../../lambda/local/iam/pattern.ts'
import type { PolicyDocument } from '../../lambda/local/iam/policy.ts'
import { isService } from '../../lambda/local/iam/principal.ts'
import type { Evaluation } from '../../lambda/local/iam/rights.ts'
import { LAPTOP_PREFIX, LAPTOP_REGION } from '../../lambda/local/laptop/deployment.ts'
import { type Side, sidesOf } from './replay.ts'

export interface RecordedCall {
  /** A service, or the ARN of a role or user. */
  readonly who: string
  /** Its code makes the call, by which it is known. @default - a service does, with its role */
  readonly fn?: string
  readonly action: string
  readonly resource: string
  /** ARN of the resource whose policy has a say. @default - the resource */
  readonly guardedBy?: string
  readonly account: string
  readonly context: RequestContext
  /** Whose policies allowed it. */
  readonly by: readonly Side[]
  /** Of a resource that no template makes: a secret, or AWS's own key. By its place in the record. */
  readonly policy?: string
}

export interface CallRecord {
  readonly calls: readonly RecordedCall[]
  readonly policies: ReadonlyMap<string, PolicyDocument>
}

/** But a key's: a template's keys have the same id on every laptop. */
const UUID = /(?<!:key\/)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const SECRET_SUFFIX = /(:secret:[\w/+=.@-]*?)-[A-Za-z0-9]{6}(?![\w/+=.@-])/g
const EXECUTION = /(:function:[\w-]+):\d+\/durable-execution\/.*$/
const VERSION = /(:function:[\w-]+):\d+$/
const TIME = /\d{4}-?\d{2}-?\d{2}T[\d:.]+Z/g
const REQUEST_TOKEN = /\b(rotate|settle|revoke|rollback|schedule|retire|prove)-[\w.-]{16,}/g
const LONG_NUMBER = /\d{13,}/g
/** Of a client; a parameter below the prefix is the template's. */
const CLIENTS_SECRET = new RegExp(
  String.raw`(?<=(?<!parameter/)${LAPTOP_PREFIX})[\w/+=.@-]+?(?=(-AbCdEf|-\?{6})?(?![\w/+=.@-]))`,
  'g',
)
const CLIENTS_PATH = /(?<=\/clients\/)[\w.-]+(?=\/)/g
/** Folders of the evidence, by what its event is about. */
const EVENT_FOLDER = /^(arn:aws:s3:::[^/]+\/(?:incidents|campaigns)\/)[^/]+\//

const plain = (text: string): string =>
  text
    .replace(EXECUTION, '$1:1/durable-execution/a/b')
    .replace(VERSION, '$1:1')
    .replaceAll(UUID, '00000000-0000-4000-8000-000000000000')
    .replaceAll(SECRET_SUFFIX, '$1-AbCdEf')
    .replaceAll(REQUEST_TOKEN, '$1-token')
    .replaceAll(TIME, '2026-01-01T00:00:00Z')
    .replaceAll(LONG_NUMBER, '0')
    .replaceAll(CLIENTS_SECRET, 'client')
    .replaceAll(CLIENTS_PATH, 'client')

/** Of an object whose name is another in each run, the folder decides. */
const plainResource = (text: string): string =>
  plain(text)
    .replace(EVENT_FOLDER, '$1x/')
    .replace(/^(arn:aws:s3:::[^/]+\/(?:.*\/)?)[^/]*(?:\d{2}|-token)[^/]*$/, '$1x')

/** Whose values decide nothing, and differ. */
const UNDECIDING =
  /^(secretsmanager:versionid|secretsmanager:description|kms:encryptioncontext:secretversionid|aws:requesttag\/.*|aws:resourcetag\/.*|secretsmanager:resourcetag\/.*|s3:if-(none-)?match|s3:max-keys)$/i

const plainValue = (key: string, value: string): string => {
  if (/^aws:SourceArn$/i.test(key)) return plain(value)
  return UNDECIDING.test(key) && value !== '*' ? 'x' : plain(value)
}

const plainContext = (context: RequestContext): RequestContext =>
  Object.fromEntries(
    Object.entries(context)
      .sort(([one], [other]) => one.localeCompare(other))
      .map(([key, value]) => [
        key,
        typeof value === 'string' ? plainValue(key, value) : value?.map((one) => plainValue(key, one)),
      ]),
  )

const SOURCE = 'lambda:SourceFunctionArn'

/** Secrets are made by calls, and AWS makes the key of its own. */
const isOfNoTemplate = (arn: string): boolean => arn.includes(':secret:') || arn.endsWith('key/aws-secretsmanager')

/** Of a user with a key of his own; the key is another for each laptop. */
const nameOf = ({ caller }: Evaluation): string => (isService(caller) ? caller.service : caller.principalArn)

const policyId = (document: string): string => createHash('sha256').update(document).digest('hex').slice(0, 12)

/** Those that were allowed, each once. */
export const recordOf = (evaluations: readonly Evaluation[]): CallRecord => {
  const policies = new Map<string, PolicyDocument>()
  const calls = new Map<string, RecordedCall>()
  for (const evaluation of evaluations) {
    const {
      caller,
      action,
      resource,
      guardedBy,
      resourceAccount: account,
      resourcePolicy,
      context,
      decision,
    } = evaluation
    if (decision !== 'allowed') continue
    const { [SOURCE]: fn, ...rest } = context
    const call: RecordedCall = {
      who: nameOf(evaluation),
      ...(typeof fn === 'string' && !isService(caller) ? { fn } : {}),
      action,
      resource: plainResource(resource),
      ...(guardedBy === resource ? {} : { guardedBy: plain(guardedBy) }),
      account,
      context: plainContext(rest),
      by: sidesOf(evaluation),
    }
    const document =
      isOfNoTemplate(guardedBy) && resourcePolicy !== undefined ? plain(JSON.stringify(resourcePolicy)) : undefined
    if (document !== undefined) policies.set(policyId(document), JSON.parse(document) as PolicyDocument)
    const whole = { ...call, ...(document === undefined ? {} : { policy: policyId(document) }) }
    calls.set(JSON.stringify(whole), whole)
  }
  return { calls: [...calls.values()], policies }
}

/** What a call's context has unless its line says otherwise. */
const usualContext = ({ who, account }: Pick<RecordedCall, 'who' | 'account'>): RequestContext => ({
  'aws:SecureTransport': 'true',
  'aws:ResourceAccount': account,
  ...(who.startsWith('arn:') ? { 'aws:ViaAWSService': 'false', 'aws:RequestedRegion': LAPTOP_REGION } : {}),
})

type LineContext = Readonly<Record<string, RequestContext[string] | null>>

/** A key that is usual is left out, and one that is usual and not there is null. */
const shortContext = (call: RecordedCall): LineContext => {
  const usual = usualContext(call)
  const other = Object.entries(call.context).filter(([key, value]) => value !== usual[key])
  const absent = Object.keys(usual).filter((key) => !(key in call.context))
  return Object.fromEntries([...other, ...absent.map((key) => [key, null] as const)])
}

const wholeContext = (call: Pick<RecordedCall, 'who' | 'account'>, written: LineContext): RequestContext =>
  Object.fromEntries(
    Object.entries({ ...usualContext(call), ...written })
      .flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]))
      .sort(([one], [other]) => one.localeCompare(other)),
  )

const lineOf = (call: RecordedCall): string => JSON.stringify({ ...call, context: shortContext(call) })

export const writeCalls = (records: readonly CallRecord[]): string => {
  const lines = new Set(records.flatMap(({ calls }) => calls.map(lineOf)))
  const policies = new Map(records.flatMap((one) => [...one.policies]))
  const used = new Set(records.flatMap(({ calls }) => calls.map(({ policy }) => policy)))
  const policyLines = [...policies]
    .filter(([id]) => used.has(id))
    .map(([id, document]) => JSON.stringify({ id, document }))
  return `${[...policyLines.sort(), ...[...lines].sort()].join('\n')}\n`
}

type Line =
  | { readonly id: string; readonly document: PolicyDocument }
  | (Omit<RecordedCall, 'context'> & { readonly context: LineContext })

export const readCalls = (text: string): CallRecord => {
  const calls: RecordedCall[] = []
  const policies = new Map<string, PolicyDocument>()
  for (const line of text.split('\n').filter(Boolean)) {
    const read = JSON.parse(line) as Line
    if ('document' in read) policies.set(read.id, read.document)
    else calls.push({ ...read, context: wholeContext(read, read.context) })
  }
  return { calls, policies }
}
