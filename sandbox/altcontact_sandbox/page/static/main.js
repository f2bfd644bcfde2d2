// Starts the page: each part draws itself whenever what it shows has changed.
import { mountAws } from "./aws.js";
import { mountBar } from "./bar.js";
import { mountComposer } from "./composer.js";
import { mountMessages } from "./messages.js";
import { mountModals } from "./modal.js";
import { mountSidebar } from "./sidebar.js";
import { mountThread } from "./thread.js";
import { mountTour } from "./tour.js";
import { mountWire } from "./wire.js";
import { follow } from "./store.js";

const place = (id) => document.getElementById(id);

mountBar(place("bar"));
mountSidebar(place("sidebar"));
mountMessages(place("messages"), place("conversation-head"));
mountThread(place("thread"));
mountComposer(place("composer"));
mountModals(place("modals"));
mountAws(place("aws"));
mountTour(place("tour"));
mountWire(place("wire"));
follow();
