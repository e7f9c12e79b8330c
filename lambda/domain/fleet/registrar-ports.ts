// What only the registrar asks of the outside, beside the ports it shares with others (ports.ts): to keep a client and its secret
// as they are declared, and to retire them.
import type { Slots } from '../rotation/position.ts'

export interface ClientDetails {
  /** As people see it at the issuer. */
  readonly name: string
  readonly description: string
  readonly scopes: readonly string[]
}

/** A client at the issuer, without its secrets. */
export interface ClientRecord extends ClientDetails {
  readonly clientId: string
  readonly isActive: boolean
  readonly slots: Slots
  /** `trusted_metadata.managed_by`: the ARN of the one secret that holds it. */
  readonly boundTo: string | undefined
  /** The secret it was made for; with nothing else, its secret may never have been stored. */
  readonly registeredFor: string | undefined
  /** Epoch milliseconds. */
  readonly registeredAt: number | undefined
}

export interface ClientRecords {
  readonly clients: readonly ClientRecord[]
  /** Absent on the last page. */
  readonly nextPage: string | undefined
}

export interface ClientQuery {
  /** Absent: all of the project. */
  readonly clientIds?: readonly string[] | undefined
  readonly page?: string | undefined
}

/** The issuer's clients, without their secrets. */
export interface ClientKeeper {
  /** @returns undefined when there is no such client. */
  find(clientId: string): Promise<ClientRecord | undefined>
  /** A page, in no promised order. */
  list(query: ClientQuery): Promise<ClientRecords>
  /** The project whose secret the issuer accepts: proves it without touching a client. */
  whoami(): Promise<string>
  /** Replaces name, description and scopes; nothing else. */
  describe(clientId: string, details: ClientDetails): Promise<void>
  /** All its values are refused from now on; it can be activated again. */
  deactivate(clientId: string): Promise<void>
  activate(clientId: string): Promise<void>
}

/** How Secrets Manager itself rotates: days after the last rotation, or a cron or rate expression. */
export type RotationRules =
  | { readonly everyDays: number }
  | { readonly schedule: string; readonly durationHours?: number | undefined }

export interface Replica {
  readonly region: string
  readonly kmsKeyId?: string | undefined
}

/** All that can be known of a secret without reading it: reading would count as somebody's use of it. */
export interface SecretFacts {
  readonly arn: string
  readonly name: string
  readonly description: string
  readonly tags: Readonly<Record<string, string>>
  /** The day it was last read by anybody, rotations included: midnight UTC, epoch milliseconds. */
  readonly lastReadOnDayAt: number | undefined
  readonly isDeleted: boolean
  /** Whether a version carries AWSCURRENT. A secret is made without a value, which comes after its policy. */
  readonly hasValue: boolean
  /** Epoch milliseconds. */
  readonly createdAt: number | undefined
  readonly rotation: { readonly functionArn: string; readonly rules: RotationRules } | undefined
  readonly replicaRegions: readonly string[]
}

/** A secret, without its value. */
export interface SecretKeeper {
  /** @returns undefined when there is no secret of this name. */
  inspect(name: string): Promise<SecretFacts | undefined>
  describe(secretId: string, description: string): Promise<void>
  tag(secretId: string, tags: Readonly<Record<string, string>>): Promise<void>
  untag(secretId: string, keys: readonly string[]): Promise<void>
  setPolicy(secretId: string, policy: string): Promise<void>
  /** Without rotating now. */
  scheduleRotation(secretId: string, functionArn: string, rules: RotationRules): Promise<void>
  stopRotation(secretId: string): Promise<void>
  replicate(secretId: string, replicas: readonly Replica[]): Promise<void>
  /** It can be restored for 30 days. */
  remove(secretId: string): Promise<void>
  /** At once and for ever: for a secret that nobody was ever told of. */
  erase(secretId: string): Promise<void>
}
