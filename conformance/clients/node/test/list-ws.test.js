import { library } from '../src/with-ws.js';
import { rows } from './stepping.js';

rows(library);
