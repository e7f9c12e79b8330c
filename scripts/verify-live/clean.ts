// Removes what runs have left, by their prefix alone: after a run that was killed nobody has a list. Whatever the account and the project hold
// besides is not touched.
import { setTimeout as sleep } from 'node:timers/promises'
import { ListFunctionsCommand } from '@aws-sdk/client-lambda'
import {
  DeleteSecretCommand,
  DescribeSecretCommand,
  ListSecretsCommand,
  RemoveRegionsFromReplicationCommand,
  type SecretListEntry,
} from '@aws-sdk/client-secrets-manager'
import { elementsOf } from '../../bin/before-deploy/signed-protocols.ts'
import { jsonRequest } from '../../lambda/adapters/aws/request-signer.ts'
import { errorTypeOf } from '../../lambda/adapters/aws/signed-call.ts'
import { parseJsonObject } from '../../lambda/core/base/json-object.ts'
import { flatPrefix, ROLE_PATH, removeFunction, removeRole } from './make-probes.ts'
import type { LivePlace } from './place.ts'
import { callIam } from './query-call.ts'
import type { Leftover } from './run.ts'
import type { StytchCalls } from './stytch-calls.ts'

/** Of every run. */
export const EVERY_RUN = 'm2m-verify/'

const TIMEOUT_MS = 10_000
const REMOVAL_LOOKS = 30
const LOOK_MS = 1000

const removeReplicas = async ({ secrets }: LivePlace, SecretId: string): Promise<void> => {
  const regions = async (): Promise<readonly string[]> => {
    const { ReplicationStatus = [] } = await secrets.send(new DescribeSecretCommand({ SecretId }))
    return ReplicationStatus.flatMap(({ Region }) => Region ?? [])
  }
  const RemoveReplicaRegions = [...(await regions())]
  if (RemoveReplicaRegions.length === 0) return
  await secrets.send(new RemoveRegionsFromReplicationCommand({ SecretId, RemoveReplicaRegions }))
  // A secret with replicas cannot be deleted.
  for (let looks = 0; looks < REMOVAL_LOOKS && (await regions()).length > 0; looks += 1) await sleep(LOOK_MS)
}

const secretsOf = async (place: LivePlace, prefix: string): Promise<readonly Leftover[]> => {
  const found: SecretListEntry[] = []
  let NextToken: string | undefined
  do {
    const Filters = [{ Key: 'name' as const, Values: [prefix] }]
    const command = new ListSecretsCommand({ Filters, MaxResults: 100, IncludePlannedDeletion: true, NextToken })
    const reply = await place.secrets.send(command)
    found.push(...(reply.SecretList ?? []))
    NextToken = reply.NextToken
  } while (NextToken !== undefined)
  // The filter does not tell upper case from lower.
  return found
    .flatMap(({ Name: name = '' }) => (name.startsWith(prefix) ? [name] : []))
    .map((name) => ({
      what: `secret ${name}`,
      remove: async () => {
        await removeReplicas(place, name)
        await place.secrets.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }))
      },
    }))
}

const functionsOf = async (place: LivePlace, prefix: string): Promise<readonly Leftover[]> => {
  const names: string[] = []
  let Marker: string | undefined
  do {
    const { Functions = [], NextMarker } = await place.lambda.send(new ListFunctionsCommand({ Marker }))
    names.push(...Functions.flatMap(({ FunctionName }) => FunctionName ?? []))
    Marker = NextMarker === '' ? undefined : NextMarker
  } while (Marker !== undefined)
  return names
    .filter((name) => name.startsWith(flatPrefix(prefix)))
    .map((name) => ({ what: `function ${name}`, remove: () => removeFunction(place, name) }))
}

const rolesOf = async (place: LivePlace, prefix: string): Promise<readonly Leftover[]> => {
  const names: string[] = []
  let marker: string | undefined
  do {
    const more = marker === undefined ? {} : { Marker: marker }
    const xml = await callIam(place.iam, 'ListRoles', { PathPrefix: ROLE_PATH, ...more })
    names.push(...elementsOf(xml, 'RoleName'))
    marker = elementsOf(xml, 'Marker')[0]
  } while (marker !== undefined)
  return names
    .filter((name) => name.startsWith(flatPrefix(prefix)))
    .map((name) => ({ what: `role ${name}`, remove: () => removeRole(place, name) }))
}

/** No run makes any; what somebody tried by hand below the prefix goes with the rest. */
const parametersOf = async ({ parameters }: LivePlace, prefix: string): Promise<readonly Leftover[]> => {
  const call = async (operation: string, input: object): Promise<Readonly<Record<string, unknown>>> => {
    const { status, body } = await parameters(jsonRequest(`AmazonSSM.${operation}`, '1.1', input), TIMEOUT_MS)
    const json = parseJsonObject(body)
    if (status < 400 && json !== undefined) return json
    throw Object.assign(new Error(`${operation} was refused`), { name: errorTypeOf(json, status) })
  }
  const names: string[] = []
  let NextToken: unknown
  do {
    const more = NextToken === undefined ? {} : { NextToken }
    const reply = await call('GetParametersByPath', { Path: `/${prefix.replace(/\/$/, '')}`, Recursive: true, ...more })
    const { Parameters: found } = reply
    for (const one of Array.isArray(found) ? found : []) names.push(String((one as { Name?: unknown }).Name))
    NextToken = reply.NextToken
  } while (NextToken !== undefined)
  return names.map((Name) => ({
    what: `parameter ${Name}`,
    remove: async () => {
      await call('DeleteParameter', { Name })
    },
  }))
}

const clientsOf = async (calls: StytchCalls, prefix: string): Promise<readonly Leftover[]> => {
  const { clients, apps } = await calls.named(prefix)
  return [
    ...clients.map((id) => ({ what: `Stytch client ${id}`, remove: () => calls.discard(id) })),
    ...apps.map((id) => ({ what: `Connected App ${id}`, remove: () => calls.discardApp(id) })),
  ]
}

export interface Cleaned {
  readonly removed: readonly string[]
  /** What is there still, or could not be looked for, with the error's name. */
  readonly left: readonly string[]
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : 'unknown')

/** Functions before roles, and secrets before both, so that nothing is rotated meanwhile. */
export const removeByPrefix = async (
  place: LivePlace,
  calls: StytchCalls,
  { prefix, say }: { readonly prefix: string; readonly say: (line: string) => void },
): Promise<Cleaned> => {
  const kinds = [
    ['secrets', () => secretsOf(place, prefix)],
    ['functions', () => functionsOf(place, prefix)],
    ['roles', () => rolesOf(place, prefix)],
    ['parameters', () => parametersOf(place, prefix)],
    ['Stytch clients', () => clientsOf(calls, prefix)],
  ] as const
  const removed: string[] = []
  const left: string[] = []
  for (const [kind, find] of kinds) {
    const found = await find().catch((error: unknown) => {
      left.push(`${kind}: they could not be listed (${nameOf(error)})`)
      return []
    })
    for (const { what, remove } of found) {
      try {
        await remove()
        removed.push(what)
        say(`Removed ${what}`)
      } catch (error) {
        left.push(`${what} (${nameOf(error)})`)
      }
    }
  }
  return { removed, left }
}
