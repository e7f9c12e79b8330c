// ListSecrets by a tag's value as the domain's FleetSearch. What it finds is a first page: a tag's value that a hundred secrets share
// names nobody.
import { ListSecretsCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { FleetSearch } from '../../core/incident/incident-ports.ts'
import { toManaged } from './fleet.ts'
import { attempt } from './versions.ts'

const PAGE_SIZE = 100

export const createFleetSearch = (client: SecretsManagerClient): FleetSearch => ({
  tagged: async (prefix, value) => {
    const reply = await attempt({ operation: 'ListSecrets', subject: `${prefix} tagged ${value}` }, () =>
      client.send(
        new ListSecretsCommand({
          Filters: [
            { Key: 'name', Values: [prefix] },
            { Key: 'tag-value', Values: [value] },
          ],
          MaxResults: PAGE_SIZE,
        }),
      ),
    )
    return (reply.SecretList ?? [])
      .map((entry) => toManaged(entry, entry.SecretVersionsToStages, prefix))
      .filter(({ name }) => name.startsWith(prefix))
  },
})
