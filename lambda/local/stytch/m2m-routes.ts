// /v1/m2m/clients: Stytch's paths, methods and envelopes of M2M clients. What a call does is decided in clients.ts.

import type { StandInRequest } from '../stand-in/server.ts'
import { type ClientStore, m2mClient } from './client-record.ts'
import { searchClients } from './client-search.ts'
import type { Clients } from './clients.ts'
import {
  type Area,
  type Endpoint,
  type Methods,
  projectEndpoint,
  readJson,
  rotationMethods,
  secretRotationPaths,
} from './endpoint.ts'
import type { SettingsBox } from './settings-box.ts'
import type { StaleGets } from './stale-gets.ts'

export interface M2mRoutesParts {
  readonly store: ClientStore
  readonly clients: Clients
  readonly settings: SettingsBox
  readonly staleGets: StaleGets
  readonly now: () => number
}

export const createM2mRoutes = ({ store, clients, settings, staleGets, now }: M2mRoutesParts): Area => {
  const clientMethods = (clientId: string, request: StandInRequest): Methods => ({
    GET: projectEndpoint('GetClient', clientId, () => {
      const behind = staleGets.ageOf({ op: 'GetClient', clientId, writes: store.writes(clientId) })
      return { m2m_client: m2mClient(clients.view(clientId, behind)) }
    }),
    PUT: projectEndpoint('UpdateClient', clientId, () => ({
      m2m_client: m2mClient(clients.update(clientId, readJson(request))),
    })),
    DELETE: projectEndpoint('DeleteClient', clientId, () => {
      clients.remove(clientId)
      return { client_id: clientId }
    }),
  })

  const create = (request: StandInRequest): Endpoint =>
    projectEndpoint(
      'CreateClient',
      null,
      () => {
        const { record, secret } = clients.create(readJson(request))
        return { m2m_client: { ...m2mClient(record), client_secret: secret } }
      },
      () => settings.current().createStatus,
    )

  const search = (request: StandInRequest): Endpoint =>
    projectEndpoint('SearchClients', null, () => {
      const behind = staleGets.ageOf({ op: 'SearchClients', clientId: undefined, writes: 0 })
      const context = { settings: settings.current(), now: now() }
      const { records, metadata } = searchClients(readJson(request), store.viewAll(behind), context)
      return { m2m_clients: records.map(m2mClient), results_metadata: metadata }
    })

  return ([version, area, collection, clientId, ...rest], request) => {
    if (version !== 'v1' || area !== 'm2m' || collection !== 'clients') return undefined
    if (clientId === undefined) return { POST: create(request) }
    if (clientId === '') return undefined
    if (rest.length === 0) {
      const methods = clientMethods(clientId, request)
      return clientId === 'search' ? { ...methods, POST: search(request) } : methods
    }
    return rotationMethods(
      {
        opPrefix: 'Rotate',
        paths: secretRotationPaths,
        rotation: clients.rotation,
        shown: (record) => ({ m2m_client: m2mClient(record) }),
        revealed: (record, secret) => ({ m2m_client: { ...m2mClient(record), next_client_secret: secret } }),
      },
      { id: clientId, path: rest.join('/'), request },
    )
  }
}
