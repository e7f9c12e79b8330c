// /v1/connected_apps/clients: Stytch's paths, methods and envelopes of Connected Apps. What a call does is decided in
// connected-apps.ts; their OAuth endpoints are oauth-routes.ts.

import type { StandInRequest } from '../stand-in/server.ts'
import { type ConnectedAppStore, connectedApp } from './connected-app-record.ts'
import type { ConnectedApps } from './connected-apps.ts'
import {
  type Area,
  type Endpoint,
  type Methods,
  projectEndpoint,
  readJson,
  rotationMethods,
  secretRotationPaths,
} from './endpoint.ts'
import { searchPage } from './search-page.ts'
import type { SettingsBox } from './settings-box.ts'
import type { StaleGets } from './stale-gets.ts'

export interface ConnectedAppRoutesParts {
  readonly store: ConnectedAppStore
  readonly apps: ConnectedApps
  readonly settings: SettingsBox
  readonly staleGets: StaleGets
  readonly now: () => number
}

export const createConnectedAppRoutes = ({ store, apps, settings, staleGets, now }: ConnectedAppRoutesParts): Area => {
  const appMethods = (clientId: string, request: StandInRequest): Methods => ({
    GET: projectEndpoint('GetConnectedApp', clientId, () => {
      const behind = staleGets.ageOf({ op: 'GetConnectedApp', clientId, writes: store.writes(clientId) })
      return { connected_app: connectedApp(apps.view(clientId, behind)) }
    }),
    PUT: projectEndpoint('UpdateConnectedApp', clientId, () => ({
      connected_app: connectedApp(apps.update(clientId, readJson(request))),
    })),
    DELETE: projectEndpoint('DeleteConnectedApp', clientId, () => {
      apps.remove(clientId)
      return { client_id: clientId }
    }),
  })

  const create = (request: StandInRequest): Endpoint =>
    projectEndpoint(
      'CreateConnectedApp',
      null,
      () => {
        const { record, secret } = apps.create(readJson(request))
        return { connected_app: { ...connectedApp(record), ...(secret !== undefined && { client_secret: secret }) } }
      },
      () => settings.current().createStatus,
    )

  /** "Specific filters coming soon", says Stytch: every search finds all. */
  const search = (request: StandInRequest): Endpoint =>
    projectEndpoint('SearchConnectedApps', null, () => {
      const behind = staleGets.ageOf({ op: 'SearchConnectedApps', clientId: undefined, writes: 0 })
      const context = { settings: settings.current(), now: now() }
      const { records, metadata } = searchPage(readJson(request), store.viewAll(behind), context)
      return { connected_apps: records.map(connectedApp), results_metadata: metadata }
    })

  return ([version, area, collection, clientId, ...rest], request) => {
    if (version !== 'v1' || area !== 'connected_apps' || collection !== 'clients') return undefined
    if (clientId === undefined) return { POST: create(request) }
    if (clientId === '') return undefined
    if (rest.length === 0) {
      const methods = appMethods(clientId, request)
      return clientId === 'search' ? { ...methods, POST: search(request) } : methods
    }
    return rotationMethods(
      {
        opPrefix: 'ConnectedAppRotate',
        paths: secretRotationPaths,
        rotation: apps.rotation,
        shown: (record) => ({ connected_app: connectedApp(record) }),
        revealed: (record, secret) => ({ connected_app: { ...connectedApp(record), next_client_secret: secret } }),
      },
      { id: clientId, path: rest.join('/'), request },
    )
  }
}
