// What a set's rule allows of a request that its alias may ask: names, readers and scopes. A request names all three, so that each is held against
// the rule of the alias that was invoked, whatever the command line let through. Pure.
import { fitsAny, fitsPattern } from '../base/pattern.ts'
import { scopeOfTag } from '../secret/scope.ts'
import { type StageSecrets, shortNameOf } from '../secret/stage-secrets.ts'
import type { Authority } from './authority.ts'
import type { ClientsRequest } from './clients-api.ts'
import { CLI, type Owner } from './declared-client.ts'
import { DRILL_SET, isDrillName } from './drill-client.ts'

export interface LimitedStage extends StageSecrets {
  /** Roles that ask for rotations, and read nothing. */
  readonly operators?: readonly string[] | undefined
}

type SetAuthority = Extract<Authority, { readonly kind: 'set' }>

const aSet = ({ set }: SetAuthority): string => (set === undefined ? 'this stage' : `set ${set}`)

export const nameFault = (authority: Authority, stage: StageSecrets, secretName: string): string | undefined => {
  if (authority.kind !== 'set') return undefined
  const { names } = authority.rule
  const name = shortNameOf(stage, secretName)
  return names === undefined || fitsPattern(names, name)
    ? undefined
    : `${aSet(authority)} has the names ${names}, and ${name} is none of them`
}

export const scopesFault = (authority: Authority, scopes: readonly string[]): string | undefined => {
  if (authority.kind !== 'set') return undefined
  const { scopes: allowed } = authority.rule
  const beyond = allowed === undefined ? [] : scopes.filter((scope) => !fitsAny(allowed, scope))
  return beyond.length === 0
    ? undefined
    : `${aSet(authority)} has the scopes ${allowed?.join(', ')}, and ${beyond.join(', ')} ${beyond.length === 1 ? 'is' : 'are'} none of them`
}

/** An operator who could name himself would read what he may only rotate. */
const readersFault = (
  authority: SetAuthority,
  { operators = [] }: LimitedStage,
  readers: readonly string[],
): string | undefined => {
  const operating = readers.filter((one) => operators.includes(one))
  if (operating.length > 0) {
    return `${operating.join(', ')} operate${operating.length === 1 ? 's' : ''} the stage, and operators read no value; break-glass may admit them`
  }
  const { readers: allowed } = authority.rule
  const beyond = allowed === undefined ? [] : readers.filter((one) => !fitsAny(allowed, one))
  return beyond.length === 0
    ? undefined
    : `${aSet(authority)} has the readers ${allowed?.join(', ')}, and ${beyond.join(', ')} ${beyond.length === 1 ? 'is' : 'are'} none of them`
}

const ownerFault = (authority: SetAuthority, { stackId, resource }: Owner): string | undefined => {
  if (stackId !== CLI) return 'only its stack retires what a stack declares'
  return authority.set === undefined || resource === authority.set
    ? undefined
    : `it is asked for set ${resource}, and the alias is that of set ${authority.set}`
}

/** The vendor's own rule stands in tags, and may narrow a client's scopes only within those of the set. */
const vendScopes = (tags: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(tags)
    .filter(([key]) => key.startsWith('vend:'))
    .flatMap(([, text]) => text.split(' ').filter(Boolean).map(scopeOfTag))

const setFaults = (authority: SetAuthority, request: ClientsRequest, stage: LimitedStage) => {
  switch (request.action) {
    case 'declare': {
      const { secretName, consumers, scopes, tags } = request.client
      return [
        ownerFault(authority, { stackId: CLI, resource: request.set }),
        nameFault(authority, stage, secretName),
        readersFault(authority, stage, consumers),
        scopesFault(authority, [...scopes, ...vendScopes(tags)]),
      ]
    }
    case 'adopt':
    case 'rehearseAdoption':
    case 'adoptInPlace':
      return [
        nameFault(authority, stage, request.secretName),
        readersFault(authority, stage, request.consumers),
        scopesFault(authority, vendScopes(request.tags)),
      ]
    case 'closeReading':
      return [nameFault(authority, stage, request.secretName), readersFault(authority, stage, request.readers)]
    case 'giveBack':
      return [nameFault(authority, stage, request.secretName)]
    case 'retire':
      return [nameFault(authority, stage, request.secretName), ownerFault(authority, request.owner)]
    default:
      return []
  }
}

/** A drill's client is made to be revoked: nobody reads it, and it opens nothing. */
const drillFaults = (request: ClientsRequest, { secretNamePrefix }: StageSecrets) => {
  if (request.action !== 'declare') return []
  const { secretName, consumers, scopes } = request.client
  const isDrill = request.set === DRILL_SET && isDrillName(secretNamePrefix, secretName)
  return [
    isDrill ? undefined : `set ${DRILL_SET} is that of m2m drill, and takes its names alone`,
    consumers.length + scopes.length === 0 ? undefined : 'a drill has neither readers nor scopes',
  ]
}

/** Everything that the rule forbids; none for break-glass. */
export const limitFaults = (authority: Authority, request: ClientsRequest, stage: LimitedStage): readonly string[] => {
  const faults =
    authority.kind === 'set'
      ? setFaults(authority, request, stage)
      : authority.kind === 'operate'
        ? drillFaults(request, stage)
        : []
  return faults.filter((fault) => fault !== undefined)
}
