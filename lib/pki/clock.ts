/** Tells the present time. The rooms below `store/` get it as an argument, so that tests can turn it. */
export type Clock = () => Date;
