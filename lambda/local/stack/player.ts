// What plays a type of resource: puts it into the stand-ins, changes it there, and takes it away.
import type { JsonObject } from '../../core/base/json-object.ts'
import type { Made } from './resolve.ts'

/** A resource as it stands, or is about to. */
export interface PlayedResource {
  /** Logical. */
  readonly id: string
  readonly type: string
  /** With every reference resolved. */
  readonly properties: JsonObject
  /** Physical: given by the template, or made up. Of a custom resource that is made, its physical id. */
  readonly name: string
  /** Its ARN; its name for what has none. */
  readonly arn: string
}

export interface Player {
  /**
   * Makes it, or changes what stands.
   * @param before as it stands; absent: it is made
   * @returns what does not follow from its name; another name than before: it was replaced, and the old one is removed at the end
   * @throws Error that says why it cannot be
   */
  put(resource: PlayedResource, before?: PlayedResource): Partial<Made> | undefined | Promise<Partial<Made> | undefined>
  /** @throws Error that says why it cannot be: as a bucket that is not empty */
  remove?(resource: PlayedResource): void | Promise<void>
}

/** By type; `Custom::` is for every type that begins so. */
export type Players = Readonly<Record<string, Player>>

export const playerOf = (players: Players, type: string): Player | undefined =>
  players[type] ?? (type.startsWith('Custom::') ? players['Custom::'] : undefined)
