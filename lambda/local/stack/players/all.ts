// All that is played of a template, and what is not: a stack that holds another type is not deployed. Whatever carries a policy also hands it to
// the identities.
import { createHash } from 'node:crypto'
import { fieldsOf } from '../../stand-in/fields.ts'
import type { StackHost } from '../host.ts'
import type { Player, Players } from '../player.ts'
import { apiPlayers } from './apis.ts'
import { customResourcePlayer } from './custom-resources.ts'
import { eventPlayers } from './events.ts'
import { functionPlayers } from './functions.ts'
import { noticePlayers } from './notices.ts'
import { storagePlayers } from './storage.ts'

/** Type → why nothing stands for it on a laptop. */
export const notPlayed: Readonly<Record<string, string>> = {
  'AWS::ApiGateway::Account': 'the role by which API Gateway writes logs',
  'AWS::CloudWatch::Dashboard': 'a picture of metrics, of which there are none',
  'AWS::Logs::LogGroup': 'logs are printed',
  'AWS::Logs::MetricFilter': 'metrics are not counted',
  'AWS::Logs::QueryDefinition': 'questions to logs that are not kept',
  'AWS::WAFv2::IPSet': 'nobody counts what an address sends',
  'AWS::WAFv2::WebACL': 'nobody counts what an address sends',
  'AWS::WAFv2::WebACLAssociation': 'no firewall stands before the fronts',
}

/** A role's id is chance, and another one each time that a role is made. */
const createRolePlayer = ({ place }: StackHost): Player => {
  let made = 0
  return {
    put: ({ id }, before) => {
      if (before !== undefined) return undefined
      made += 1
      const chance = createHash('sha256').update(`${place.name} ${id} ${made}`).digest('hex')
      return { attributes: { RoleId: `AROA${chance.toUpperCase().slice(0, 17)}` } }
    },
  }
}

const withPolicies = (players: Players, { identities }: StackHost): Players =>
  Object.fromEntries(
    Object.entries(players).map(([type, player]) => [
      type,
      {
        put: async (resource, before) => {
          const answer = await player.put(resource, before)
          identities.put(resource)
          return answer
        },
        remove: async (resource) => {
          await player.remove?.(resource)
          identities.remove(resource)
        },
      } satisfies Player,
    ]),
  )

const nothing: Player = { put: () => undefined }

export const stackPlayers = (host: StackHost): Players =>
  withPolicies(
    {
      ...functionPlayers(host),
      ...eventPlayers(host),
      ...storagePlayers(host),
      ...noticePlayers(host),
      ...apiPlayers(host),
      'AWS::IAM::Role': createRolePlayer(host),
      'AWS::IAM::Policy': nothing,
      'AWS::IAM::ManagedPolicy': nothing,
      'AWS::Lambda::Permission': nothing,
      'AWS::Lambda::ResourcePolicy': nothing,
      'AWS::SecretsManager::ResourcePolicy': nothing,
      'Custom::': customResourcePlayer(host),
    },
    host,
  )

/** Types of a template that are left out. */
export const leftOutOf = (template: unknown): readonly string[] => {
  const types = Object.values(fieldsOf(fieldsOf(template).Resources)).map((one) => String(fieldsOf(one).Type))
  return [...new Set(types)].filter((type) => type in notPlayed).sort()
}
