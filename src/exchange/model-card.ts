/** One model as `GET /v1/models` lists it. */
export interface ModelCard {
  readonly id: string;
  readonly object: 'model';
  /** Unix seconds. */
  readonly created: number;
  readonly owned_by: string;
}
