// Several kinds of client behind one Issuer: each call goes to the kind that the client's id names. The only place where the kinds meet.
import { isConnectedApp } from '../../domain/fleet/client-id.ts'
import type { Issuer } from '../../domain/ports.ts'

export interface IssuersByKind {
  readonly clients: Issuer
  readonly apps: Issuer
}

export const createIssuers = ({ clients, apps }: IssuersByKind): Issuer => {
  const of = (clientId: string): Issuer => (isConnectedApp(clientId) ? apps : clients)
  return {
    projectId: clients.projectId,
    look: (clientId, known) => of(clientId).look(clientId, known),
    exchange: (clientId, secret) => of(clientId).exchange(clientId, secret),
    start: (clientId) => of(clientId).start(clientId),
    complete: (clientId, before) => of(clientId).complete(clientId, before),
    cancel: (clientId, before) => of(clientId).cancel(clientId, before),
    bind: (clientId, secretArn) => of(clientId).bind(clientId, secretArn),
  }
}
